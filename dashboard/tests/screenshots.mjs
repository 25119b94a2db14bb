// Takes screenshots of the dashboard: `npm run screenshots`. All of them go to the target directory, and
// those of the README also to docs/images.

import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { eventually } from "../../smoke-test/driver/eventually.mjs";
import { repository, targetDirectory } from "../../smoke-test/driver/repository.mjs";
import { Dashboard } from "./driver/dashboard.mjs";
import { Receiver, requestApproval, runConversation, writeShop } from "./driver/story.mjs";

const directory = join(targetDirectory, "screenshots");
const inReadme = ["overview-dark", "conversation-dark", "lanes-light"];
const desktop = { width: 1280, height: 820 };
const phone = { width: 390, height: 780 };

const dashboard = await Dashboard.start();
const receiver = new Receiver();
try {
  writeShop(dashboard.workspace);
  await dashboard.api.send("/webhooks", { url: await receiver.start(), events: ["job.*", "lane.completed"] });
  for (const message of [
    "Explain this repository",
    "Which tests are slow?",
    "Write a changelog entry for the last week",
  ]) {
    await runConversation(dashboard, `${message}\n@model say Done. Everything is in order.`);
  }
  await runConversation(dashboard, "Deploy to staging\n@model fail 500");
  const login = await runConversation(
    dashboard,
    [
      "The login fails with an empty password. Find out why and fix it.",
      "@model plan",
      "@model say I start with the **login**: `src/session.ts` signs customers in.",
      "@model run printf '\\033[32mok\\033[0m 12 tests passed\\n'",
      "@model patch src/password.ts",
      "@model say An empty password is now **rejected with a message**: `logIn` throws before it creates a session.",
    ].join("\n"),
  );
  await dashboard.api.send("/lanes", {
    laneId: "fix-login",
    title: "Fix the login",
    acceptanceCriteria: ["an empty password is rejected with a message"],
  });
  for (const [laneId, title, message] of [
    ["faster-search", "Make search faster", "Measure the search\n@model say Measured."],
    ["update-docs", "Update the documentation", "Update it\n@model say Updated."],
    ["flaky-test", "Find the flaky test", "Find it\n@model fail 500"],
  ]) {
    await dashboard.api.send("/codex/workflows/start-visible", {
      laneId,
      title,
      kickoffPrompt: message,
      acceptanceCriteria: ["all tests pass"],
      verificationCommands: [laneId === "update-docs" ? "test -f no-such-file" : "true"],
    });
  }
  await eventually("no lane is running", async () => {
    const { lanes } = (await dashboard.api.get("/lanes")).body;
    return lanes.every(
      (/** @type {{ status: string }} */ { status }) =>
        !["starting", "running", "verifying"].includes(status),
    );
  });
  await requestApproval(
    dashboard,
    "Install the packages of the shop\n@model escalate npm install --no-audit",
  );
  await dashboard.api.send("/conversations", { message: "Review the open changes\n@model hold review" });

  mkdirSync(directory, { recursive: true });
  /** The name of each screenshot, its page, and a selector that matches once the page is loaded. */
  const pages = /** @type {const} */ ([
    ["overview", "/", ".job-row"],
    ["jobs", "/jobs", ".job-row"],
    ["conversation", `/conversations/${login.conversationId}`, ".agent-message"],
    ["conversations", "/conversations", ".conversation-row"],
    ["new-conversation", "/conversations/new", "form"],
    ["lanes", "/lanes", ".lane-card"],
    ["lane", "/lanes/update-docs", ".job-row"],
    ["threads", "/threads", ".thread-row"],
    ["webhooks", "/webhooks", ".webhook-row"],
    ["topology", "/topology", ".react-flow__edge"],
    ["context", "/context", "form"],
    ["system", "/system", ".check"],
  ]);
  for (const [appearance, viewport, colorScheme] of /** @type {const} */ ([
    ["dark", desktop, "dark"],
    ["light", desktop, "light"],
    ["phone", phone, "dark"],
  ])) {
    const page = await dashboard.open("/", { viewport, colorScheme, deviceScaleFactor: 1 });
    for (const [name, path, loaded] of pages) {
      await dashboard.visit(page, path);
      await page.locator("main").locator(loaded).first().waitFor({ state: "attached" });
      if (name === "context") {
        await page.getByRole("searchbox").fill("refreshSession");
        await page.getByRole("button", { name: "Explore symbol" }).click();
        await page.locator(".react-flow__node").first().waitFor();
      }
      await page.screenshot({ path: join(directory, `${name}-${appearance}.png`) });
    }
    await page.context().close();
  }
  const images = join(repository, "docs", "images");
  mkdirSync(images, { recursive: true });
  for (const name of inReadme) {
    copyFileSync(join(directory, `${name}.png`), join(images, `${name}.png`));
  }
  console.log(`The screenshots are in ${directory}, those of the README in ${images}.`);
} finally {
  receiver.stop();
  await dashboard.model.release("review");
  await dashboard.stop();
}
