import assert from "node:assert/strict";

import { eventually } from "../driver/eventually.mjs";
import { codexProcesses, isAlive } from "../driver/processes.mjs";
import { test, vscode, window } from "../driver/shared.mjs";

test("when the extension host is killed, its Codex ends too and the next host tells what became of the job", async () => {
  const { job } = await window.bridge.send("/conversations", {
    message: "@model hold killed-host",
    ensureOpen: false,
  });
  const old = window.discovered();
  assert.ok(old);
  await eventually(
    "the turn runs",
    async () => (await window.bridge.get(`/jobs/${job.jobId}`)).body.job.status === "running",
  );
  const codex = codexProcesses(vscode.sandbox.root).filter(({ parentPid }) => parentPid === old.pid);
  assert.ok(codex.some(({ startedBy }) => startedBy === "bridge"));

  process.kill(old.pid, "SIGKILL");
  await eventually("the old Codex processes have ended", () => codex.every(({ pid }) => !isAlive(pid)));

  // VS Code starts another extension host by itself.
  await window.waitForBridge(({ pid }) => pid !== old.pid);
  const told = await window.bridge.endOf(job.jobId);
  assert.equal(told.status, "failed", JSON.stringify(told));
  assert.equal(told.failure.code, "interrupted_by_restart");
  await vscode.model.release("killed-host");

  const next = await window.bridge.send("/conversations", { message: "alive again" });
  assert.equal((await window.bridge.completed(next.job.jobId)).result.text, "You said: alive again");
});
