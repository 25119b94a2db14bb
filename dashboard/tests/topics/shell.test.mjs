// What is around the pages: the command menu, lines to copy, and a page of another version.

import assert from "node:assert/strict";

import { eventually } from "../../../smoke-test/driver/eventually.mjs";
import { finished } from "../driver/story.mjs";
import { topic } from "../driver/topic.mjs";

const { dashboard, test } = await topic();

/** @param {import("playwright-core").Page} page @param {string} words */
async function command(page, words) {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Command" }).fill(words);
  await page.keyboard.press("Enter");
}

/** @param {import("playwright-core").Page} page @param {string} text */
const isCopied = (page, text) =>
  eventually("it is copied", async () =>
    (await page.evaluate(() => navigator.clipboard.readText())).includes(text),
  );

test("the command menu finds jobs and lanes, and does what it says", async () => {
  await finished(dashboard, "A job to be found");
  await dashboard.api.send("/lanes", { laneId: "found", title: "A lane to be found" });
  const page = await dashboard.open("/", { permissions: ["clipboard-read", "clipboard-write"] });
  await command(page, "a job to be");
  await page.getByRole("heading", { name: "A job to be found", level: 1 }).waitFor();
  await command(page, "a lane to be");
  await page.getByRole("heading", { name: "A lane to be found", level: 1 }).waitFor();
  await command(page, "new conversation");
  await page.getByRole("heading", { name: "New conversation", level: 1 }).waitFor();
  await page.getByRole("link", { name: "Codex Bridge" }).focus();
  await command(page, "copy api url");
  await isCopied(page, dashboard.bridge.url);
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Command" }).fill("no such words at all");
  await page.getByText("No results.").waitFor();
});

test("a line for the terminal is copied", async () => {
  const page = await dashboard.open("/context", { permissions: ["clipboard-read", "clipboard-write"] });
  await page.getByRole("button", { name: "Copy command" }).click();
  await isCopied(page, `${dashboard.bridge.url}/request`);
});

test("a page of another version loads the bridge's own", async () => {
  const page = await dashboard.open();
  await page.route("**/health", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), version: "0.0.9" } });
  });
  await page.reload();
  const loadIt = page.getByRole("button", { name: "Reload page" });
  await loadIt.waitFor();
  await page.unroute("**/health");
  await loadIt.click();
  await loadIt.waitFor({ state: "detached" });
  assert.equal(page.url(), `${dashboard.bridge.url}/dashboard/`);
});
