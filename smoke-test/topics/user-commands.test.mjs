import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { eventually } from "../driver/eventually.mjs";
import { test, vscode, window } from "../driver/shared.mjs";
import { visibleText } from "../driver/text.mjs";

/** @param {string} message the start of the message of the job */
async function completedJob(message) {
  return eventually(`the job “${message}” has completed`, async () => {
    const { jobs } = (await window.bridge.get("/jobs?limit=5")).body;
    return jobs.find(
      (/** @type {any} */ job) => job.message.startsWith(message) && job.status === "completed",
    );
  });
}

test("New Conversation asks for a message and runs it in the panel", async () => {
  await window.runCommand("Codex Bridge: New Conversation");
  await window.answerInput("asked by a user");
  const job = await completedJob("asked by a user");
  assert.equal(job.delivery, "handed_over");
  await window.tab(job.conversationId).waitFor();
});

test("Continue Conversation finds a conversation by its title", async () => {
  const { job, conversationId } = await window.bridge.send("/conversations", {
    message: "a needle in the history",
    ensureOpen: false,
  });
  await window.bridge.completed(job.jobId);
  await window.runCommand("Codex Bridge: Continue Conversation…");
  await window.pick("needle", /a needle in the history/);
  await window.answerInput("found again");
  assert.equal((await completedJob("found again")).conversationId, conversationId);
});

test("a selection is sent with its file and line numbers to a new conversation", async () => {
  writeFileSync(join(window.folder, "selected.ts"), "const ticks = '```';\nconst two = 2;\n");
  await window.openFile("selected.ts");
  await window.selectAll();
  await window.runCommand("Codex Bridge: Send Selection to Conversation…");
  await window.pick("", /New conversation/);
  await window.answerInput("explain this");
  const job = await completedJob("explain this");
  assert.equal(
    job.message,
    "explain this\n\nFrom `selected.ts`, lines 1 to 2:\n\n````typescript\nconst ticks = '```';\nconst two = 2;\n````",
  );
});

test("a failed send shows the error in the input box and keeps the text", async () => {
  await window.runCommand("Codex Bridge: Stop Server");
  await eventually("the server has stopped", () => window.discovered() === undefined);
  await window.runCommand("Codex Bridge: New Conversation");
  await window.input.fill("not to be lost");
  await window.page.keyboard.press("Enter");
  await window.page
    .locator(".quick-input-message", { hasText: "Codex Bridge is not running in this window." })
    .waitFor();
  assert.equal(await window.input.inputValue(), "not to be lost");
  await window.page.keyboard.press("Escape");
  await window.runCommand("Codex Bridge: Start Server");
  await window.waitForBridge();
});

test("Deny Pending Requests denies the selected requests", async () => {
  const reply = await window.bridge.send("/conversations", {
    message: "@model escalate touch denied-from-the-list",
    approvalPolicy: "on-request",
    sandbox: "read-only",
    ensureOpen: false,
  });
  await window.shownNotification(/denied-from-the-list/);
  await window.runCommand("Codex Bridge: Deny Pending Requests…");
  await window.page.locator(".quick-input-list").getByRole("checkbox").first().click();
  await window.page.keyboard.press("Enter");
  await window.bridge.completed(reply.job.jobId);
  assert.ok(!existsSync(join(window.folder, "denied-from-the-list")));
  await window.clearNotifications();
});

test("Copy API URL copies the URL of this window's server", async () => {
  await window.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await window.runCommand("Codex Bridge: Copy API URL");
  await window.notification(`Copied ${window.bridge.url}`).waitFor();
  const copied = await window.page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, window.bridge.url);
});

test("Open Dashboard offers a link that opens the dashboard signed in", async () => {
  // This VS Code serves all ports of its machine under its own origin, which is not an allowed origin.
  await window.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await window.runCommand("Codex Bridge: Open Dashboard");
  await window
    .notification(/one-time link in a browser/)
    .getByRole("button", { name: "Copy Link" })
    .click();
  const link = await eventually("the link is in the clipboard", async () => {
    const copied = await window.page.evaluate(() => navigator.clipboard.readText());
    return copied.startsWith(`${window.bridge.url}/dashboard/sign-in#`) ? copied : undefined;
  });
  const page = await vscode.openPage(link);
  try {
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    assert.equal(
      page.url(),
      `${window.bridge.url}/dashboard/`,
      "the code of the link is no longer in the URL",
    );
  } finally {
    await page.close();
  }
});

test("the doctor shows the results of its checks and fixes a problem", async () => {
  await window.runCommand("Codex Bridge: Run Doctor");
  const entries = window.page.locator(".quick-input-list");
  for (const text of [
    `Server running at ${window.bridge.url}`,
    "ChatGPT extension version",
    "Codex 0.",
    "Login not required",
    "Login shell",
    "Port listens at",
  ]) {
    await entries
      .getByRole("option")
      .filter({ hasText: new RegExp(text.replaceAll(" ", "\\s*")) })
      .waitFor();
  }
  await window.page.keyboard.press("Escape");

  await window.runCommand("Codex Bridge: Stop Server");
  await eventually("the server has stopped", () => window.discovered() === undefined);
  await window.runCommand("Codex Bridge: Run Doctor");
  await entries.getByRole("option", { name: /Server.*not running/ }).click();
  await window.waitForBridge();
});

test("the walkthrough opens and all of its texts are resolved", async () => {
  await window.runCommand("Welcome: Open Walkthrough...");
  await window.pick("Codex", /Drive Codex from your programs/);
  const walkthrough = window.page.locator(".gettingStartedContainer");
  await walkthrough.getByText("Check your setup").waitFor();
  assert.doesNotMatch(await visibleText(walkthrough), /%\w+\.\w+/);
});
