import assert from "node:assert/strict";

import { eventually } from "../driver/eventually.mjs";
import { test, vscode, window } from "../driver/shared.mjs";

test("the bridge owns a conversation while its turn runs, and gives it back to the panel at once", async () => {
  const created = await window.bridge.send("/conversations", {
    message: "@model hold ownership\n@model say the turn is over",
  });
  const { conversationId } = created;
  assert.equal(created.opened, true);

  const refused = await eventually("the panel was refused", () => vscode.sandbox.journal(conversationId)[0]);
  assert.equal(refused.event, "refused");
  assert.match(refused.reason ?? "", /already has an active writer/);
  await eventually("the panel tells", async () =>
    (await window.panel.innerText()).startsWith("owned elsewhere"),
  );
  assert.equal((await window.bridge.get(`/jobs/${created.job.jobId}`)).body.job.status, "running");
  await eventually("the status bar counts the running job", async () =>
    /Codex Bridge \d+\s+1$/.test((await window.statusBarItem.innerText()).trim()),
  );

  await vscode.model.release("ownership");
  const job = await window.bridge.completed(created.job.jobId);
  assert.equal(job.result.text, "the turn is over");
  await eventually(
    "the panel owns the conversation",
    () => vscode.sandbox.journal(conversationId).at(-1)?.event === "resumed",
  );
  await eventually("the panel shows the answer, live", async () => {
    const shown = await window.panel.innerText();
    return shown.startsWith("live") && shown.includes("the turn is over");
  });
});
