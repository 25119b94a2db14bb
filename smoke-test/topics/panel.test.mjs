import assert from "node:assert/strict";

import { eventually } from "../driver/eventually.mjs";
import { test, vscode, window } from "../driver/shared.mjs";
import { visibleText } from "../driver/text.mjs";

test("a new conversation with delivery panel runs live in the panel, and the job follows it", async () => {
  const created = await window.bridge.send("/conversations", { message: "run this live", delivery: "panel" });
  assert.equal(created.delivery, "handed_over", JSON.stringify(created));
  assert.equal(created.opened, true);

  const job = await window.bridge.completed(created.job.jobId);
  assert.equal(job.delivery, "handed_over");
  assert.equal(job.result.text, "You said: run this live");
  assert.deepEqual(job.warnings, []);
  await eventually("the panel shows the answer, live", async () => {
    const shown = await visibleText(window.panel);
    return shown.startsWith("live") && shown.includes("You said: run this live");
  });
  const journal = vscode.sandbox.journal(created.conversationId);
  assert.deepEqual(
    journal.map(({ event }) => event),
    ["resumed"],
    "no other process owned the conversation",
  );
});
