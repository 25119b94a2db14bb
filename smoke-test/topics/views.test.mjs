import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { eventually } from "../driver/eventually.mjs";
import { test, window } from "../driver/shared.mjs";
import { visibleText } from "../driver/text.mjs";

/** @param {string} view @param {string | RegExp} text */
function entry(view, text) {
  return window.page
    .locator(".pane", { has: window.page.getByRole("tree", { name: view }) })
    .getByRole("treeitem", { name: text });
}

/**
 * Clicks an inline action of an entry, which is visible only while the pointer is over the entry.
 *
 * @param {import("playwright-core").Locator} item @param {string} action
 */
async function clickAction(item, action) {
  await item.hover();
  await item.getByRole("button", { name: action }).click();
}

test("the conversations view shows jobs of programs live", async () => {
  await window.runCommand("View: Show Codex Bridge");
  const { job, conversationId } = await window.bridge.send("/conversations", {
    message: "@model hold view\n$(bell) seen in the view",
    ensureOpen: false,
  });
  const running = entry("Conversations", /seen in the view, running/);
  await running.waitFor();
  assert.equal(
    await running.locator(".codicon-bell").count(),
    0,
    "text of an agent or a program is never an icon",
  );
  await running.click();
  await window.tab(conversationId).waitFor();

  await clickAction(running, "Cancel Job");
  await entry("Conversations", /seen in the view, cancelled/).waitFor();
  assert.equal((await window.bridge.endOf(job.jobId)).failure.code, "cancelled");
});

test("an entry of the conversations view continues its conversation", async () => {
  await window.runCommand("View: Show Codex Bridge");
  const { job, conversationId } = await window.bridge.send("/conversations", {
    message: "started by a program",
    ensureOpen: false,
  });
  await window.bridge.completed(job.jobId);
  const item = entry("Conversations", /started by a program, done/);
  await clickAction(item, "Continue…");
  await window.answerInput("continued by a user");
  await eventually("the conversation has a second answer", async () => {
    const { jobs } = (await window.bridge.get(`/jobs?conversationId=${conversationId}`)).body;
    return jobs.length === 2 && jobs[0].status === "completed" && jobs[0].message === "continued by a user";
  });
});

test("the lanes view shows the state of each lane, and prompts a lane", async () => {
  await window.runCommand("View: Show Codex Bridge");
  const { lane } = await window.bridge.send("/lanes", {
    laneId: "seen-lane",
    title: "A lane in the view",
    verificationCommands: ["true"],
    // Codex cannot create its sandbox for these commands inside a container.
    sandbox: "danger-full-access",
    synthetic: true,
  });
  const item = entry("Lanes", /A lane in the view, idle/);
  await clickAction(item, "Prompt Lane…");
  await window.answerInput("do what the lane is for");
  await entry("Lanes", /A lane in the view, done/).waitFor();
  await window.bridge.delete(`/lanes/${lane.laneId}`);
  await entry("Lanes", /A lane in the view/).waitFor({ state: "detached" });
});

test("the approvals view lists pending requests, and a review approves one", async () => {
  await window.runCommand("View: Show Codex Bridge");
  const reply = await window.bridge.send("/conversations", {
    message: "@model escalate touch from-the-view",
    approvalPolicy: "on-request",
    sandbox: "read-only",
    ensureOpen: false,
  });
  const item = entry("Pending Approvals", /from-the-view/);
  await item.click();
  await window.dialog.waitFor();
  assert.match(await visibleText(window.dialog), /touch from-the-view/);
  await window.dialog.getByRole("button", { name: "Approve", exact: true }).click();
  await window.bridge.completed(reply.job.jobId);
  assert.ok(existsSync(join(window.folder, "from-the-view")));
  await item.waitFor({ state: "detached" });
  await window.clearNotifications();
});
