import assert from "node:assert/strict";

import { eventually } from "../driver/eventually.mjs";
import { codexProcesses, isAlive } from "../driver/processes.mjs";
import { test, vscode, window } from "../driver/shared.mjs";

test("a reload of the window keeps the jobs and leaves no Codex process behind", async () => {
  const reply = await window.bridge.send("/conversations", { message: "remember me", ensureOpen: false });
  const job = await window.bridge.completed(reply.job.jobId);
  const old = window.discovered();
  assert.ok(old);
  const codex = codexProcesses(vscode.sandbox.root).filter(({ parentPid }) => parentPid === old.pid);
  assert.ok(codex.some(({ startedBy }) => startedBy === "bridge"));

  await window.reload();
  await window.waitForBridge(({ pid }) => pid !== old.pid);
  assert.equal(window.bridge.url, old.url, "the old server has freed its port");
  assert.deepEqual((await window.bridge.get(`/jobs/${job.jobId}`)).body.job, job);
  await eventually("the old Codex processes have ended", () => codex.every(({ pid }) => !isAlive(pid)));

  const next = await window.bridge.send("/conversations", { message: "after the reload" });
  assert.equal((await window.bridge.completed(next.job.jobId)).result.text, "You said: after the reload");
});

test("a reload during a turn ends the turn, and the next host reports the job as failed", async () => {
  const { job } = await window.bridge.send("/conversations", {
    message: "@model hold reload",
    ensureOpen: false,
  });
  const old = window.discovered();
  assert.ok(old);
  const codex = codexProcesses(vscode.sandbox.root).filter(({ parentPid }) => parentPid === old.pid);

  await window.reload();
  await window.waitForBridge(({ pid }) => pid !== old.pid);
  const ended = await window.bridge.endOf(job.jobId);
  assert.equal(ended.status, "failed", JSON.stringify(ended));
  assert.equal(ended.failure.code, "bridge_stopped");
  await eventually("the old Codex processes have ended", () => codex.every(({ pid }) => !isAlive(pid)));
  await vscode.model.release("reload");
});
