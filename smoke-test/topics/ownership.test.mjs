import assert from "node:assert/strict";

import { eventually } from "../driver/eventually.mjs";
import { test, vscode, window } from "../driver/shared.mjs";
import { visibleText } from "../driver/text.mjs";

test("the bridge owns a conversation while its turn runs, and releases it to the panel immediately", async () => {
  const created = await window.bridge.send("/conversations", {
    message: "@model hold ownership\n@model say the turn is over",
  });
  const { conversationId } = created;
  assert.equal(created.opened, true);

  const refused = await eventually("the panel was refused", () => vscode.sandbox.journal(conversationId)[0]);
  assert.equal(refused.event, "refused");
  assert.match(refused.reason ?? "", /already has an active writer/);
  await eventually("the panel shows that another process owns the conversation", async () =>
    (await visibleText(window.panel)).startsWith("owned elsewhere"),
  );
  assert.equal((await window.bridge.get(`/jobs/${created.job.jobId}`)).body.job.status, "running");
  await eventually("the status bar counts the running job", async () =>
    /Codex Bridge \d+\s+1$/.test((await visibleText(window.statusBarItem)).trim()),
  );

  await vscode.model.release("ownership");
  const job = await window.bridge.completed(created.job.jobId);
  assert.equal(job.result.text, "the turn is over");
  await eventually(
    "the panel owns the conversation",
    () => vscode.sandbox.journal(conversationId).at(-1)?.event === "resumed",
  );
  await eventually("the panel shows the answer, live", async () => {
    const shown = await visibleText(window.panel);
    return shown.startsWith("live") && shown.includes("the turn is over");
  });
});
