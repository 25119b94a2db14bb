import assert from "node:assert/strict";

import { eventually } from "../driver/eventually.mjs";
import { codexProcesses, isAlive } from "../driver/processes.mjs";
import { test, vscode, window } from "../driver/shared.mjs";

test("killing the extension host ends its Codex processes, and the next host reports the job as failed", async () => {
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

  // VS Code restarts the extension host automatically.
  await window.waitForBridge(({ pid }) => pid !== old.pid);
  const ended = await window.bridge.endOf(job.jobId);
  assert.equal(ended.status, "failed", JSON.stringify(ended));
  assert.equal(ended.failure.code, "interrupted_by_restart");
  await vscode.model.release("killed-host");

  const next = await window.bridge.send("/conversations", { message: "alive again" });
  assert.equal((await window.bridge.completed(next.job.jobId)).result.text, "You said: alive again");
});
