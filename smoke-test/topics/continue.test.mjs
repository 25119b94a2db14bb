import assert from "node:assert/strict";

import { eventually } from "../driver/eventually.mjs";
import { test, vscode, window } from "../driver/shared.mjs";
import { visibleText } from "../driver/text.mjs";

test("a conversation that is not open anywhere is continued by its id, without a tab", async () => {
  const created = await window.bridge.send("/conversations", { message: "one", ensureOpen: false });
  await window.bridge.completed(created.job.jobId);

  const path = `/conversations/${created.conversationId}/messages`;
  const continued = await window.bridge.send(path, { message: "two", ensureOpen: false });
  assert.equal(continued.conversationId, created.conversationId);
  assert.equal(continued.delivery, "started");
  assert.notEqual(continued.job.jobId, created.job.jobId);

  const job = await window.bridge.completed(continued.job.jobId);
  assert.equal(job.result.text, "You said: two");
  assert.equal(await window.tab(created.conversationId).count(), 0);
  assert.deepEqual(vscode.sandbox.journal(created.conversationId), []);
});

test("a message to the current conversation is handed over to its panel, and the job gets the answer", async () => {
  const created = await window.bridge.send("/conversations", { message: "the panel will own this" });
  await window.bridge.completed(created.job.jobId);
  const { conversationId } = created;
  await eventually(
    "the panel owns the conversation",
    () => vscode.sandbox.journal(conversationId).at(-1)?.event === "resumed",
  );

  const continued = await window.bridge.send("/conversations/current/messages", {
    message: "run this in the panel",
  });
  assert.equal(continued.conversationId, conversationId);
  assert.equal(continued.delivery, "handed_over");

  const job = await window.bridge.completed(continued.job.jobId);
  assert.equal(job.result.text, "You said: run this in the panel");
  await eventually("the panel shows the answer", async () =>
    (await visibleText(window.panel)).includes("You said: run this in the panel"),
  );
});
