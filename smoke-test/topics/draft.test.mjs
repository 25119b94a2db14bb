import assert from "node:assert/strict";

import { test, window } from "../driver/shared.mjs";

test("a request without a message opens a blank draft, which is not a conversation yet", async () => {
  const before = (await window.bridge.get("/conversations/open")).body.conversations;
  const reply = await window.bridge.send("/conversations", {});
  assert.deepEqual(
    { id: reply.conversationId, sent: reply.sent, draft: reply.draft, opened: reply.opened },
    { id: null, sent: false, draft: true, opened: true },
  );
  await window.page.locator('.tab.active[data-resource-name="new"]').waitFor();

  const after = (await window.bridge.get("/conversations/open")).body.conversations;
  assert.equal(after.length, before.length);
  assert.equal((await window.bridge.get("/conversations/current")).body.conversation, null);
});

test("a message to the current conversation is refused if no conversation tab is active", async () => {
  const reply = await window.bridge.post("/conversations/current/messages", { message: "is anybody there?" });
  assert.equal(reply.status, 404);
  assert.equal(reply.body.ok, false);
});
