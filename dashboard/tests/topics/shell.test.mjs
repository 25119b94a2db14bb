// The shell around the pages: the command menu, commands to copy, and a version mismatch.

import assert from "node:assert/strict";

import { eventually } from "../../../smoke-test/driver/eventually.mjs";
import { runConversation } from "../driver/story.mjs";
import { topic } from "../driver/topic.mjs";

const { dashboard, test } = await topic();

/** Runs a command of the command menu. @param {import("playwright-core").Page} page @param {string} query */
async function runCommand(page, query) {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Command" }).fill(query);
  await page.keyboard.press("Enter");
}

/**
 * Waits until the clipboard contains a text.
 *
 * @param {import("playwright-core").Page} page
 * @param {string} text
 */
const waitForCopy = (page, text) =>
  eventually("the text is copied", async () =>
    (await page.evaluate(() => navigator.clipboard.readText())).includes(text),
  );

test("the command menu finds jobs and lanes and runs commands", async () => {
  await runConversation(dashboard, "A job to be found");
  await dashboard.api.send("/lanes", { laneId: "found", title: "A lane to be found" });
  const page = await dashboard.open("/", { permissions: ["clipboard-read", "clipboard-write"] });
  await runCommand(page, "a job to be");
  await page.getByRole("heading", { name: "A job to be found", level: 1 }).waitFor();
  await runCommand(page, "a lane to be");
  await page.getByRole("heading", { name: "A lane to be found", level: 1 }).waitFor();
  await runCommand(page, "new conversation");
  await page.getByRole("heading", { name: "New conversation", level: 1 }).waitFor();
  await page.getByRole("link", { name: "Codex Bridge" }).focus();
  await runCommand(page, "copy api url");
  await waitForCopy(page, dashboard.bridge.url);
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Command" }).fill("no such words at all");
  await page.getByText("No results.").waitFor();
});

test("a terminal command can be copied", async () => {
  const page = await dashboard.open("/context", { permissions: ["clipboard-read", "clipboard-write"] });
  await page.getByRole("button", { name: "Copy command" }).click();
  await waitForCopy(page, `${dashboard.bridge.url}/request`);
});

test("a page with another version than the bridge can be reloaded", async () => {
  const page = await dashboard.open();
  await page.route("**/health", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), version: "0.0.9" } });
  });
  await page.reload();
  const reload = page.getByRole("button", { name: "Reload page" });
  await reload.waitFor();
  await page.unroute("**/health");
  await reload.click();
  await reload.waitFor({ state: "detached" });
  assert.equal(page.url(), `${dashboard.bridge.url}/dashboard/`);
});
