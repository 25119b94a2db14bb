import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { askingServer } from "../driver/codex.mjs";
import { eventually } from "../driver/eventually.mjs";
import { test, window } from "../driver/shared.mjs";

/** The number of questions, in the status bar. */
const waiting = window.page.locator(".statusbar-item", { hasText: /\d+ approvals?$/ });

/**
 * Starts a turn that asks whether it may run a command outside of the sandbox, and waits until the person is asked.
 *
 * @param {string} command
 * @param {string} mark what stands in the command and in no other one
 */
async function asking(command, mark) {
  const reply = await window.bridge.send("/conversations", {
    message: `@model escalate ${command}`,
    approvalPolicy: "on-request",
    sandbox: "read-only",
    ensureOpen: false,
  });
  await waiting.waitFor();
  return { reply, question: await window.shownNotification(new RegExp(`Codex asks: .*${mark}`)) };
}

/** @param {{ job: { jobId: string } }} reply */
async function approvalOf(reply) {
  return (await window.bridge.get(`/jobs/${reply.job.jobId}/approvals`)).body.approvals[0];
}

/** @param {import("playwright-core").Locator} place @param {string} label */
async function click(place, label) {
  // Where the pointer rests, a hint may lie over the button.
  await window.page.mouse.move(0, 0);
  await place.getByRole("button", { name: label, exact: true }).click();
}

test("the person is asked with command and folder, and what they approve runs", async () => {
  const command = "echo '[click](command:codexBridge.stop)' > by-click";
  const { reply, question } = await asking(command, "by-click");
  const text = question.locator(".notification-list-item-message");
  const said = (await text.innerText()).replaceAll("\u2060", "");
  assert.ok(said.includes(`Folder: “${window.folder}”`), said);
  assert.match(said, /Command: “.*\[click\]\(command:codexBridge\.stop\).*by-click/);
  assert.equal(await text.locator("a").count(), 0, "nothing that an agent wrote is a link");
  assert.equal((await waiting.innerText()).trim(), "1 approval");
  const { job } = (await window.bridge.get(`/jobs/${reply.job.jobId}`)).body;
  assert.equal(job.waitingOn[0].kind, "command");

  await click(question, "Approve");
  await window.bridge.completed(reply.job.jobId);
  assert.ok(existsSync(join(window.folder, "by-click")));
  const { status, resolvedBy } = await approvalOf(reply);
  assert.deepEqual({ status, resolvedBy }, { status: "approved", resolvedBy: "editor" });
  await waiting.waitFor({ state: "hidden" });
});

test("Show opens the conversation and leaves the question; what is denied does not run", async () => {
  const { reply, question } = await asking("touch never-made", "never-made");
  await click(question, "Show");
  await window.tab(reply.conversationId).waitFor();
  await question.waitFor();
  assert.equal((await approvalOf(reply)).status, "pending");

  await click(question, "Deny");
  await window.bridge.completed(reply.job.jobId);
  assert.ok(!existsSync(join(window.folder, "never-made")));
  const { status, resolvedBy } = await approvalOf(reply);
  assert.deepEqual({ status, resolvedBy }, { status: "denied", resolvedBy: "editor" });
});

test("who is too late is told so", async () => {
  const { reply, question } = await asking("touch by-a-program", "by-a-program");
  const { approvalId } = await approvalOf(reply);
  await window.bridge.send(`/approvals/${approvalId}`, { decision: "approve" });
  await window.shownNotification(/no longer asks.*by-a-program.*already approved through the API/);
  await window.bridge.completed(reply.job.jobId);
  await waiting.waitFor({ state: "hidden" });

  await click(question, "Deny");
  await window.shownNotification(/Your click on .*by-a-program.*came too late and changed nothing/);
  const { status, resolvedBy } = await approvalOf(reply);
  assert.deepEqual({ status, resolvedBy }, { status: "approved", resolvedBy: "api" });
  await window.clearNotifications();
});

test("a question that was put aside waits in the list", async () => {
  const { reply, question } = await asking("touch from-the-list", "from-the-list");
  await question.hover();
  await question.locator(".codicon-notifications-clear").click();
  await question.waitFor({ state: "detached" });
  await waiting.click();
  await window.page
    .locator(".quick-input-widget")
    .getByRole("option", { name: /from-the-list/ })
    .click();
  await window.dialog.waitFor();
  const shown = await window.dialog.innerText();
  assert.ok(shown.includes(`Folder: “${window.folder}”`), shown);
  await click(window.dialog, "Approve");
  await window.bridge.completed(reply.job.jobId);
  assert.ok(existsSync(join(window.folder, "from-the-list")));
});

test("a command that is too long to be read in a notification is approved only after a review", async () => {
  const { reply, question } = await asking(`touch too-long ${"x".repeat(400)} ; rm too-long`, "too-long");
  assert.equal(await question.getByRole("button", { name: "Approve" }).count(), 0);
  await click(question, "Review…");
  await window.dialog.waitFor();
  assert.match(await window.dialog.innerText(), /rm too-long/);
  await click(window.dialog, "Deny");
  await window.bridge.completed(reply.job.jobId);
  assert.equal((await approvalOf(reply)).resolvedBy, "editor");
});

test("the person answers the model's questions", async () => {
  const options = [
    { label: "blue", description: "as the sky" },
    { label: "red", description: "as roses" },
  ];
  const questions = { questions: [{ id: "colour", header: "Colour", question: "Which colour?", options }] };
  const reply = await window.bridge.send("/conversations", {
    message: `@model call request_user_input ${JSON.stringify(questions)}`,
    config: { "features.default_mode_request_user_input": true },
    ensureOpen: false,
  });
  const question = await window.shownNotification(/Codex asks: .*Which colour/);
  await click(question, "Answer…");
  const list = window.page.locator(".quick-input-widget");
  await eventually("the options are shown", async () => (await list.innerText()).includes("as roses"));
  await list.getByRole("option", { name: /red/ }).click();
  await window.bridge.completed(reply.job.jobId);
  const { status, resolvedBy } = await approvalOf(reply);
  assert.deepEqual({ status, resolvedBy }, { status: "answered", resolvedBy: "editor" });
});

test("a form of an MCP server leads to the dashboard, which has its fields", async () => {
  const form = {
    message: "Who are you?",
    requestedSchema: { type: "object", properties: { name: { type: "string" } } },
  };
  const { job } = await window.bridge.send("/conversations", {
    message: `@model call mcp__asker/ask ${JSON.stringify(form)}`,
    config: { "mcp_servers.asker": askingServer },
    approvalPolicy: "on-request",
    ensureOpen: false,
  });
  const question = await window.shownNotification(/Codex asks: .*Who are you/);
  await click(question, "Open in Dashboard");
  await window.notification(/link in a browser on the machine/).waitFor();
  await click(question, "Deny");
  await window.bridge.completed(job.jobId);
  await window.clearNotifications();
});
