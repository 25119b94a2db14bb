// Accessibility: axe finds no violations in both themes and on a phone, and pages can be reached with the
// keyboard.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { requestApproval, requestElicitation, runConversation, writeShop } from "../driver/story.mjs";
import { topic } from "../driver/topic.mjs";

const { dashboard, test } = await topic();
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

writeShop(dashboard.workspace);
const { conversationId, job } = await runConversation(
  dashboard,
  "Look at it\n@model plan\n@model run printf '\\033[31mred\\033[32mgreen\\033[33myellow\\033[34mblue\\033[0m'\n@model patch a.txt\n@model say **Done**, with `code` and a [link](https://example.com)",
);
await runConversation(dashboard, "Fail\n@model fail 500");
await requestApproval(dashboard, "Ask\n@model escalate true");
await requestElicitation(dashboard, {
  message: "Fill it in",
  requestedSchema: {
    type: "object",
    properties: {
      name: { type: "string", description: "As on the door" },
      gift: { type: "boolean", description: "With a bow" },
      size: { type: "string", enum: ["s", "m"] },
      extras: {
        type: "array",
        description: "What goes with it",
        minItems: 1,
        items: { type: "string", enum: ["card", "bow"] },
      },
    },
    required: ["name", "extras"],
  },
});
await requestElicitation(dashboard, {
  mode: "url",
  message: "Go there",
  url: "https://login.example/start",
  elicitationId: "one",
});
await dashboard.api.send("/lanes", {
  laneId: "one",
  title: "One",
  acceptanceCriteria: ["it works"],
  verificationCommands: ["true"],
});
const { webhook } = await dashboard.api.send("/webhooks", {
  url: "http://127.0.0.1:9/hook",
  events: ["lane.*"],
});
const busy = await dashboard.api.send("/conversations", { message: "Run on\n@model hold busy" });
await dashboard.api.send(`/conversations/${busy.conversationId}/messages`, { message: "Wait for it" });

/** The pages, each with a selector that matches once it is loaded. */
const pages = /** @type {const} */ ([
  ["/", ".approval"],
  ["/jobs", ".job-row"],
  [`/jobs/${job.jobId}`, ".facts"],
  ["/conversations", ".conversation-row"],
  ["/conversations/new", "form"],
  [`/conversations/${conversationId}`, ".agent-message"],
  [`/conversations/${busy.conversationId}`, ".queue"],
  ["/lanes", ".lane-card"],
  ["/lanes/one", ".facts"],
  ["/threads", ".thread-row"],
  ["/webhooks", ".webhook-row"],
  [`/webhooks/${webhook.id}`, ".facts"],
  ["/topology", ".react-flow__node"],
  ["/context", ".empty-state"],
  ["/system", ".check"],
]);

/**
 * Asserts that axe finds no violations.
 *
 * @param {import("playwright-core").Page} page
 * @param {string} where
 */
async function assertAccessible(page, where) {
  const violations = await page.evaluate(async () => {
    const { axe } = /** @type {any} */ (window);
    const results = await axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return results.violations.map(
      (/** @type {any} */ { id, nodes }) =>
        `${id}: ${nodes.map((/** @type {any} */ node) => `${node.html} ${node.failureSummary}`).join("\n")}`,
    );
  });
  assert.deepEqual(violations, [], where);
}

for (const [appearance, options] of /** @type {const} */ ([
  ["dark", { colorScheme: "dark" }],
  ["light", { colorScheme: "light" }],
  ["phone", { colorScheme: "light", viewport: { width: 375, height: 720 }, hasTouch: true }],
])) {
  test(`axe finds no violations: ${appearance}`, async () => {
    const page = await dashboard.open("/", { ...options, reducedMotion: "reduce", bypassCSP: true });
    await page.addInitScript(axe);
    for (const [path, loaded] of pages) {
      await dashboard.visit(page, path);
      await page.locator(loaded).first().waitFor();
      await assertAccessible(page, `${path}, ${appearance}`);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.equal(overflow, 0, `${path} is wider than the window`);
      const inner = await page.evaluate(() => {
        const main = /** @type {HTMLElement} */ (document.querySelector("main"));
        return main.scrollWidth - main.clientWidth;
      });
      assert.equal(inner, 0, `the content of ${path} is wider than its container`);
    }
    await dashboard.visit(page, "/");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("This field is required.").waitFor();
    await assertAccessible(page, `a form with errors, ${appearance}`);
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog", { name: "Command menu" }).waitFor();
    await assertAccessible(page, `command menu, ${appearance}`);
  });
}

test("pages can be reached with the keyboard, and the chosen theme persists", async () => {
  const page = await dashboard.open("/", { colorScheme: "dark" });
  await page.keyboard.press("g");
  await page.keyboard.press("l");
  await page.getByRole("heading", { name: "Lanes", level: 1 }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Command" }).fill("webhooks");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Webhooks", level: 1 }).waitFor();
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await background();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Command" }).fill("theme: light");
  await page.keyboard.press("Enter");
  assert.notEqual(await background(), dark);
  const light = await background();
  await page.reload();
  await page.getByRole("heading", { name: "Webhooks", level: 1 }).waitFor();
  assert.equal(await background(), light);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Skip to main content");
});

test("the navigation opens and closes on a phone", async () => {
  const page = await dashboard.open("/", { viewport: { width: 375, height: 720 }, hasTouch: true });
  const navigation = page.getByRole("navigation", { name: "Pages" });
  assert.equal(await navigation.isVisible(), false);
  await page.getByRole("button", { name: "Open navigation" }).click();
  await navigation.getByRole("link", { name: "Jobs" }).click();
  await page.getByRole("heading", { name: "Jobs", level: 1 }).waitFor();
  assert.equal(await navigation.isVisible(), false);
});
