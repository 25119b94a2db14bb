// Pictures of the dashboard at work: `npm run screenshots`. Those of the README go to docs/images, all of them to where cargo builds.

import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { eventually } from "../../smoke-test/driver/eventually.mjs";
import { repository, targetDirectory } from "../../smoke-test/driver/repository.mjs";
import { Dashboard } from "./driver/dashboard.mjs";
import { asking, finished, Receiver, writeShop } from "./driver/story.mjs";

const folder = join(targetDirectory, "screenshots");
const inReadme = ["overview-dark", "conversation-dark", "lanes-light"];
const desk = { width: 1280, height: 820 };
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
    await finished(dashboard, `${message}\n@model say Done. Everything is in order.`);
  }
  await finished(dashboard, "Deploy to staging\n@model fail 500");
  const login = await finished(
    dashboard,
    [
      "The login fails with an empty password. Find out why and fix it.",
      "@model plan",
      "@model say I look at the **login** first: `src/session.ts` signs customers in.",
      "@model run printf '\\033[32mok\\033[0m 12 tests passed\\n'",
      "@model patch src/password.ts",
      "@model say An empty password is now **refused with a message**: `logIn` throws before a session is made.",
    ].join("\n"),
  );
  await dashboard.api.send("/lanes", {
    laneId: "fix-login",
    title: "Fix the login",
    acceptanceCriteria: ["an empty password is refused with a message"],
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
  await eventually("the lanes have worked", async () => {
    const { lanes } = (await dashboard.api.get("/lanes")).body;
    return lanes.every(
      (/** @type {{ status: string }} */ { status }) =>
        !["starting", "running", "verifying"].includes(status),
    );
  });
  await asking(dashboard, "Install the packages of the shop\n@model escalate npm install --no-audit");
  await dashboard.api.send("/conversations", { message: "Review the open changes\n@model hold review" });

  mkdirSync(folder, { recursive: true });
  /** Each picture's name, its page, and what is there once that is shown. */
  const pages = /** @type {const} */ ([
    ["overview", "/", ".job-row"],
    ["jobs", "/jobs", ".job-row"],
    ["conversation", `/conversations/${login.conversationId}`, ".said-by-agent"],
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
  for (const [look, viewport, colorScheme] of /** @type {const} */ ([
    ["dark", desk, "dark"],
    ["light", desk, "light"],
    ["phone", phone, "dark"],
  ])) {
    const page = await dashboard.open("/", { viewport, colorScheme, deviceScaleFactor: 1 });
    for (const [name, path, shown] of pages) {
      await dashboard.visit(page, path);
      await page.locator("main").locator(shown).first().waitFor({ state: "attached" });
      if (name === "context") {
        await page.getByRole("searchbox").fill("refreshSession");
        await page.getByRole("button", { name: "Explore symbol" }).click();
        await page.locator(".react-flow__node").first().waitFor();
      }
      await page.screenshot({ path: join(folder, `${name}-${look}.png`) });
    }
    await page.context().close();
  }
  const images = join(repository, "docs", "images");
  mkdirSync(images, { recursive: true });
  for (const name of inReadme) {
    copyFileSync(join(folder, `${name}.png`), join(images, `${name}.png`));
  }
  console.log(`The pictures are in ${folder}, those of the README in ${images}`);
} finally {
  receiver.stop();
  await dashboard.model.release("review");
  await dashboard.stop();
}
