import assert from "node:assert/strict";

import { eventually } from "../driver/eventually.mjs";
import { test, window } from "../driver/shared.mjs";
import { visibleText } from "../driver/text.mjs";

test("a new conversation gets an answer and its tab is shown", async () => {
  const reply = await window.bridge.send("/conversations", { message: "hello from a program" });
  assert.equal(reply.sent, true);
  assert.equal(reply.opened, true);
  assert.equal(reply.jobUrl, `/jobs/${reply.job.jobId}`);
  const { conversationId } = reply;

  const job = await window.bridge.completed(reply.job.jobId);
  assert.equal(job.conversationId, conversationId);
  assert.equal(job.result.text, "You said: hello from a program");

  const uri = `openai-codex://route/local/${conversationId}`;
  const current = (await window.bridge.get("/conversations/current")).body.conversation;
  assert.deepEqual({ id: current.conversationId, uri: current.uri }, { id: conversationId, uri });

  const open = (await window.bridge.get("/conversations/open")).body.conversations;
  const tab = open.find((/** @type {any} */ candidate) => candidate.conversationId === conversationId);
  assert.deepEqual(
    { uri: tab.uri, isActive: tab.isActive, viewColumn: tab.viewColumn, groupIndex: tab.groupIndex },
    { uri, isActive: true, viewColumn: 1, groupIndex: 0 },
  );
  assert.equal(await window.tab(conversationId).getAttribute("aria-selected"), "true");

  await eventually("the panel shows the answer, live", async () => {
    const shown = await visibleText(window.panel);
    return shown.startsWith("live") && shown.includes("You said: hello from a program");
  });
});

test("an open tab is focused, not opened twice", async () => {
  const first = await window.bridge.send("/conversations", { message: "the first" });
  await window.bridge.completed(first.job.jobId);
  const second = await window.bridge.send("/conversations", { message: "the second" });
  await window.bridge.completed(second.job.jobId);

  const again = await window.bridge.send(`/conversations/${first.conversationId}/messages`, {
    message: "once more",
  });
  assert.equal(again.opened, true);
  assert.equal(again.conversation.conversationId, first.conversationId);
  const current = (await window.bridge.get("/conversations/current")).body.conversation;
  assert.equal(current.conversationId, first.conversationId);
  assert.equal(await window.tab(first.conversationId).count(), 1);
  await window.bridge.completed(again.job.jobId);
});
