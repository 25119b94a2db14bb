import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { eventually } from "../driver/eventually.mjs";
import { test, window } from "../driver/shared.mjs";

/** @param {string} view @param {string | RegExp} text */
function entry(view, text) {
  return window.page
    .locator(".pane", { has: window.page.getByRole("tree", { name: view }) })
    .getByRole("treeitem", { name: text });
}

/**
 * Clicks one of the actions that an entry shows while the pointer is over it.
 *
 * @param {import("playwright-core").Locator} item @param {string} action
 */
async function act(item, action) {
  await item.hover();
  await item.getByRole("button", { name: action }).click();
}

test("the view of conversations shows what programs ask Codex, while it happens", async () => {
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
    "what an agent or a program wrote is no icon",
  );
  await running.click();
  await window.tab(conversationId).waitFor();

  await act(running, "Cancel");
  await entry("Conversations", /seen in the view, cancelled/).waitFor();
  assert.equal((await window.bridge.endOf(job.jobId)).failure.code, "cancelled");
});

test("an entry of the view continues its conversation", async () => {
  await window.runCommand("View: Show Codex Bridge");
  const { job, conversationId } = await window.bridge.send("/conversations", {
    message: "begun by a program",
    ensureOpen: false,
  });
  await window.bridge.completed(job.jobId);
  const item = entry("Conversations", /begun by a program, done/);
  await act(item, "Continue…");
  await window.answerInput("gone on by a person");
  await eventually("the conversation has a second answer", async () => {
    const { jobs } = (await window.bridge.get(`/jobs?conversationId=${conversationId}`)).body;
    return jobs.length === 2 && jobs[0].status === "completed" && jobs[0].message === "gone on by a person";
  });
});

test("the view of lanes shows each lane with its state, and prompts it", async () => {
  await window.runCommand("View: Show Codex Bridge");
  const { lane } = await window.bridge.send("/lanes", {
    laneId: "seen-lane",
    title: "A lane in the view",
    verificationCommands: ["true"],
    // A container has no sandbox of its own to run them in.
    sandbox: "danger-full-access",
    synthetic: true,
  });
  const item = entry("Lanes", /A lane in the view, idle/);
  await act(item, "Prompt Lane…");
  await window.answerInput("do what the lane is for");
  await entry("Lanes", /A lane in the view, done/).waitFor();
  await window.bridge.delete(`/lanes/${lane.laneId}`);
  await entry("Lanes", /A lane in the view/).waitFor({ state: "detached" });
});

test("what waits for the person is listed, and decided after a look at all of it", async () => {
  await window.runCommand("View: Show Codex Bridge");
  const reply = await window.bridge.send("/conversations", {
    message: "@model escalate touch from-the-view",
    approvalPolicy: "on-request",
    sandbox: "read-only",
    ensureOpen: false,
  });
  const item = entry("Waiting for You", /from-the-view/);
  await item.click();
  await window.dialog.waitFor();
  assert.match(await window.dialog.innerText(), /touch from-the-view/);
  await window.dialog.getByRole("button", { name: "Approve", exact: true }).click();
  await window.bridge.completed(reply.job.jobId);
  assert.ok(existsSync(join(window.folder, "from-the-view")));
  await item.waitFor({ state: "detached" });
  await window.clearNotifications();
});
