import assert from "node:assert/strict";

import { eventually } from "../driver/eventually.mjs";
import { codexProcesses, isAlive } from "../driver/processes.mjs";
import { test, vscode, window } from "../driver/shared.mjs";

test("a second window has its own server, which stops with the window", async () => {
  const second = await vscode.openWindow("two");
  const entry = second.discovered();
  assert.ok(entry);
  const first = window.discovered();
  assert.ok(first);
  assert.notEqual(entry.url, first.url);
  assert.notEqual(entry.pid, first.pid);
  assert.deepEqual(entry.workspaceFolders, [second.folder]);

  const reply = await second.bridge.send("/conversations", { message: "in the second window" });
  const job = await second.bridge.completed(reply.job.jobId);
  assert.equal(job.result.text, "You said: in the second window");
  assert.equal(job.cwd, second.folder);
  assert.equal(await second.tab(reply.conversationId).count(), 1);
  assert.equal(await window.tab(reply.conversationId).count(), 0);
  const openInFirst = (await window.bridge.get("/conversations/open")).body.conversations;
  assert.ok(openInFirst.every((/** @type {any} */ tab) => tab.conversationId !== reply.conversationId));

  const codex = codexProcesses(vscode.sandbox.root).filter(({ parentPid }) => parentPid === entry.pid);
  assert.ok(codex.some(({ startedBy }) => startedBy === "bridge"));
  const { bridge } = second;
  await second.close();
  await eventually("the port of the second window is free", () => bridge.refusesConnections());
  await eventually("the Codex processes of the second window have ended", () =>
    codex.every(({ pid }) => !isAlive(pid)),
  );
  await eventually(
    "the second window is no longer in the discovery directory",
    () => second.discovered() === undefined,
  );
  assert.ok(await window.bridge.isServing());
});
