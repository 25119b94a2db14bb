import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { askingServer } from "../driver/codex.mjs";
import { eventually } from "../driver/eventually.mjs";
import { test, window } from "../driver/shared.mjs";
import { visibleText } from "../driver/text.mjs";

/** The number of pending approvals in the status bar. */
const approvalCount = window.page.locator(".statusbar-item", { hasText: /\d+ approvals?$/ });

/**
 * Starts a turn that requests approval to run a command outside the sandbox, and waits for the notification.
 *
 * @param {string} command
 * @param {string} marker a part of the command that no other command contains
 */
async function requestApproval(command, marker) {
  const reply = await window.bridge.send("/conversations", {
    message: `@model escalate ${command}`,
    approvalPolicy: "on-request",
    sandbox: "read-only",
    ensureOpen: false,
  });
  await approvalCount.waitFor();
  return { reply, notification: await window.shownNotification(new RegExp(`Codex asks: .*${marker}`)) };
}

/** @param {{ job: { jobId: string } }} reply */
async function approvalOf(reply) {
  return (await window.bridge.get(`/jobs/${reply.job.jobId}/approvals`)).body.approvals[0];
}

/** @param {import("playwright-core").Locator} container @param {string} label */
async function click(container, label) {
  // A hover at the position of the pointer may cover the button.
  await window.page.mouse.move(0, 0);
  await container.getByRole("button", { name: label, exact: true }).click();
}

test("a notification shows command and folder, and an approved command runs", async () => {
  const command = "echo '[click](command:codexBridge.stop)' > by-click";
  const { reply, notification } = await requestApproval(command, "by-click");
  const text = notification.locator(".notification-list-item-message");
  const message = (await visibleText(text)).replaceAll("\u2060", "");
  assert.ok(message.includes(`Folder: “${window.folder}”`), message);
  assert.match(message, /Command: “.*\[click\]\(command:codexBridge\.stop\).*by-click/);
  assert.equal(await text.locator("a").count(), 0, "text of an agent is never a link");
  assert.equal((await visibleText(approvalCount)).trim(), "1 approval");
  const { job } = (await window.bridge.get(`/jobs/${reply.job.jobId}`)).body;
  assert.equal(job.waitingOn[0].kind, "command");

  await click(notification, "Approve");
  await window.bridge.completed(reply.job.jobId);
  assert.ok(existsSync(join(window.folder, "by-click")));
  const { status, resolvedBy } = await approvalOf(reply);
  assert.deepEqual({ status, resolvedBy }, { status: "approved", resolvedBy: "editor" });
  await approvalCount.waitFor({ state: "hidden" });
});

test("Show opens the conversation and keeps the request pending, and a denied command does not run", async () => {
  const { reply, notification } = await requestApproval("touch never-made", "never-made");
  await click(notification, "Show");
  await window.tab(reply.conversationId).waitFor();
  await notification.waitFor();
  assert.equal((await approvalOf(reply)).status, "pending");

  await click(notification, "Deny");
  await window.bridge.completed(reply.job.jobId);
  assert.ok(!existsSync(join(window.folder, "never-made")));
  const { status, resolvedBy } = await approvalOf(reply);
  assert.deepEqual({ status, resolvedBy }, { status: "denied", resolvedBy: "editor" });
});

test("a late answer has no effect, and the user is notified", async () => {
  const { reply, notification } = await requestApproval("touch by-a-program", "by-a-program");
  const { approvalId } = await approvalOf(reply);
  await window.bridge.send(`/approvals/${approvalId}`, { decision: "approve" });
  await window.shownNotification(/The request .*by-a-program.* was approved through the API/);
  await window.bridge.completed(reply.job.jobId);
  await approvalCount.waitFor({ state: "hidden" });

  await click(notification, "Deny");
  await window.shownNotification(
    /Your click on .*by-a-program.*had no effect: the request was already approved/,
  );
  const { status, resolvedBy } = await approvalOf(reply);
  assert.deepEqual({ status, resolvedBy }, { status: "approved", resolvedBy: "api" });
  await window.clearNotifications();
});

test("a request whose notification was closed stays in the list", async () => {
  const { reply, notification } = await requestApproval("touch from-the-list", "from-the-list");
  await notification.hover();
  await notification.locator(".codicon-notifications-clear").click();
  await notification.waitFor({ state: "detached" });
  await approvalCount.click();
  await window.page
    .locator(".quick-input-widget")
    .getByRole("option", { name: /from-the-list/ })
    .click();
  await window.dialog.waitFor();
  const shown = await visibleText(window.dialog);
  assert.ok(shown.includes(`Folder: “${window.folder}”`), shown);
  await click(window.dialog, "Approve");
  await window.bridge.completed(reply.job.jobId);
  assert.ok(existsSync(join(window.folder, "from-the-list")));
});

test("a command too long for a notification can be approved only after a review", async () => {
  const { reply, notification } = await requestApproval(
    `touch too-long ${"x".repeat(400)} ; rm too-long`,
    "too-long",
  );
  assert.equal(await notification.getByRole("button", { name: "Approve" }).count(), 0);
  await click(notification, "Review…");
  await window.dialog.waitFor();
  assert.match(await visibleText(window.dialog), /rm too-long/);
  await click(window.dialog, "Deny");
  await window.bridge.completed(reply.job.jobId);
  assert.equal((await approvalOf(reply)).resolvedBy, "editor");
});

test("the user answers a question of the model", async () => {
  const options = [
    { label: "blue", description: "as the sky" },
    { label: "red", description: "as roses" },
  ];
  const questions = { questions: [{ id: "color", header: "Color", question: "Which color?", options }] };
  const reply = await window.bridge.send("/conversations", {
    message: `@model call request_user_input ${JSON.stringify(questions)}`,
    config: { "features.default_mode_request_user_input": true },
    ensureOpen: false,
  });
  const notification = await window.shownNotification(/Codex asks: .*Which color/);
  await click(notification, "Answer…");
  const list = window.page.locator(".quick-input-widget");
  await eventually("the options are shown", async () => (await visibleText(list)).includes("as roses"));
  await list.getByRole("option", { name: /red/ }).click();
  await window.bridge.completed(reply.job.jobId);
  const { status, resolvedBy } = await approvalOf(reply);
  assert.deepEqual({ status, resolvedBy }, { status: "answered", resolvedBy: "editor" });
});

test("the form of an MCP server opens in the dashboard", async () => {
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
  const notification = await window.shownNotification(/Codex asks: .*Who are you/);
  await click(notification, "Open in Dashboard");
  await window.notification(/one-time link in a browser/).waitFor();
  await click(notification, "Deny");
  await window.bridge.completed(job.jobId);
  await window.clearNotifications();
});
