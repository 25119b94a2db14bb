import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { eventually } from "../driver/eventually.mjs";
import { test, vscode, window } from "../driver/shared.mjs";

/** @param {string} message of a job */
async function completedJob(message) {
  return eventually(`the job “${message}” has been completed`, async () => {
    const { jobs } = (await window.bridge.get("/jobs?limit=5")).body;
    return jobs.find(
      (/** @type {any} */ job) => job.message.startsWith(message) && job.status === "completed",
    );
  });
}

test("New Conversation asks what to do, and Codex does it in the panel", async () => {
  await window.runCommand("Codex Bridge: New Conversation");
  await window.answerInput("asked by a person");
  const job = await completedJob("asked by a person");
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

test("a selection is sent with its file and its lines, to a new conversation", async () => {
  writeFileSync(join(window.folder, "selected.ts"), "const ticks = '```';\nconst two = 2;\n");
  await window.openFile("selected.ts");
  await window.page.keyboard.press("Control+A");
  await window.runCommand("Codex Bridge: Send Selection to Conversation…");
  await window.pick("", /New conversation/);
  await window.answerInput("explain this");
  const job = await completedJob("explain this");
  assert.equal(
    job.message,
    "explain this\n\nFrom `selected.ts`, lines 1 to 2:\n\n````typescript\nconst ticks = '```';\nconst two = 2;\n````",
  );
});

test("what cannot be sent is said in the box, which keeps the words", async () => {
  await window.runCommand("Codex Bridge: Stop Server");
  await eventually("the server is gone", () => window.discovered() === undefined);
  await window.runCommand("Codex Bridge: New Conversation");
  await window.input.fill("not to be lost");
  await window.page.keyboard.press("Enter");
  await window.page
    .locator(".quick-input-message", { hasText: "Codex Bridge does not run in this window." })
    .waitFor();
  assert.equal(await window.input.inputValue(), "not to be lost");
  await window.page.keyboard.press("Escape");
  await window.runCommand("Codex Bridge: Start Server");
  await window.waitForBridge();
});

test("Deny Pending denies what is chosen", async () => {
  const reply = await window.bridge.send("/conversations", {
    message: "@model escalate touch denied-from-the-list",
    approvalPolicy: "on-request",
    sandbox: "read-only",
    ensureOpen: false,
  });
  await window.shownNotification(/denied-from-the-list/);
  await window.runCommand("Codex Bridge: Deny Pending…");
  await window.page.locator(".quick-input-list").getByRole("checkbox").first().click();
  await window.page.keyboard.press("Enter");
  await window.bridge.completed(reply.job.jobId);
  assert.ok(!existsSync(join(window.folder, "denied-from-the-list")));
  await window.clearNotifications();
});

test("Copy API URL copies the address of this window's server", async () => {
  await window.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await window.runCommand("Codex Bridge: Copy API URL");
  await window.notification(`Copied ${window.bridge.url}`).waitFor();
  const copied = await window.page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, window.bridge.url);
});

test("Open Dashboard gives a link that opens it, signed in", async () => {
  // This VS Code puts itself before every port of its machine, which nobody has allowed, so it says so.
  await window.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await window.runCommand("Codex Bridge: Open Dashboard");
  await window
    .notification(/link in a browser on the machine/)
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
      "the code of the link is gone from the address",
    );
  } finally {
    await page.close();
  }
});

test("the Doctor shows what is right and what is not, and offers to mend it", async () => {
  await window.runCommand("Codex Bridge: Doctor");
  const entries = window.page.locator(".quick-input-list");
  for (const text of [
    `Server runs at ${window.bridge.url}`,
    "ChatGPT extension version",
    "Codex 0.",
    "Login",
    "Port listens at",
  ]) {
    await entries
      .getByRole("option")
      .filter({ hasText: new RegExp(text.replaceAll(" ", "\\s*")) })
      .waitFor();
  }
  await window.page.keyboard.press("Escape");

  await window.runCommand("Codex Bridge: Stop Server");
  await eventually("the server is gone", () => window.discovered() === undefined);
  await window.runCommand("Codex Bridge: Doctor");
  await entries.getByRole("option", { name: /Server.*does not run/ }).click();
  await window.waitForBridge();
});

test("the walkthrough shows how to begin", async () => {
  await window.runCommand("Welcome: Open Walkthrough...");
  await window.pick("Codex", /Drive Codex from your programs/);
  const walkthrough = window.page.locator(".gettingStartedContainer");
  await walkthrough.getByText("Check that all is there").waitFor();
  assert.doesNotMatch(await walkthrough.innerText(), /%\w+\.\w+/);
});
