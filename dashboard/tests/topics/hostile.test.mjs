// Everything from agents is untrusted data: none of it runs, loads anything, or looks like a part of the
// page.

import assert from "node:assert/strict";

import { eventually } from "../../../smoke-test/driver/eventually.mjs";
import { requestApproval, requestElicitation, runConversation } from "../driver/story.mjs";
import { topic } from "../driver/topic.mjs";

const { dashboard, test } = await topic();

const hostile = [
  `<img src=x onerror="window.hacked='img'">`,
  `<script>window.hacked='script'</script>`,
  `<svg onload="window.hacked='svg'">`,
  `[click](javascript:window.hacked='link')`,
  `![picture](https://attacker.example/pixel.png)`,
  `<a href="javascript:window.hacked='a'">a</a>`,
  `"><iframe srcdoc="<script>parent.hacked='frame'</script>">`,
  `<style>body{display:none}</style>`,
].join(" ");

/** Asserts that no hostile content took effect. @param {import("playwright-core").Page} page */
async function assertUnharmed(page) {
  const found = await page.evaluate(() => ({
    hacked: /** @type {any} */ (window).hacked,
    foreign: document.querySelectorAll(
      "main script, main iframe, main img, main style, main svg[onload], main [onerror]",
    ).length,
    links: [...document.querySelectorAll("a")]
      .map((link) => link.href)
      .filter((href) => !href.startsWith("http")),
  }));
  assert.deepEqual(found, { hacked: undefined, foreign: 0, links: [] });
  assert.ok(await page.locator("main").isVisible());
}

test("hostile messages, names, output and diffs are shown as plain text", async () => {
  const page = await dashboard.page();
  /** @type {string[]} */
  const requested = [];
  page.on("request", (request) => requested.push(request.url()));
  await page.goto(await dashboard.link());
  await page.getByRole("heading", { name: "Overview" }).waitFor();

  const ansi =
    "\\033]0;owned\\007\\033]8;;https://attacker.example\\033\\\\\\\\link\\033[2J\\033[31m<b>red</b>";
  const { conversationId } = await runConversation(
    dashboard,
    [
      `${hostile}`,
      `@model run printf '${ansi}'; echo '<img src=x onerror=window.hacked=1>' `,
      `@model patch evil<img>.html`,
      `@model say ${hostile}`,
    ].join("\n"),
  );
  await dashboard.api.send(`/conversations/${conversationId}/rename`, {
    title: `<img src=x onerror=alert(1)> name`,
  });
  await dashboard.api.send("/lanes", {
    laneId: "hostile",
    title: hostile,
    acceptanceCriteria: [hostile],
    verificationCommands: ["echo '<script>window.hacked=1</script>'"],
  });
  await requestApproval(dashboard, `${hostile}\n@model escalate echo "<img src=x onerror=window.hacked=2>"`);

  await requestElicitation(dashboard, {
    message: hostile,
    requestedSchema: {
      type: "object",
      properties: {
        ["__proto__"]: { type: "string", title: hostile, description: hostile, default: hostile },
        "<img src=x onerror=window.hacked=3>": {
          type: "string",
          oneOf: [{ const: hostile, title: hostile }],
        },
      },
      required: ["constructor"],
    },
  });
  await requestElicitation(dashboard, {
    mode: "url",
    message: hostile,
    url: "javascript:window.hacked='address'",
    elicitationId: hostile,
  });

  await page
    .getByRole("article", { name: "Form from an MCP server" })
    .getByText("onerror=window.hacked=3")
    .first()
    .waitFor();
  await page
    .getByRole("article", { name: "URL from an MCP server" })
    .getByText("javascript:window.hacked='address'", { exact: true })
    .waitFor();
  await page
    .getByRole("article", { name: "Run a command" })
    .getByText("onerror=window.hacked=2")
    .first()
    .waitFor();
  await assertUnharmed(page);
  await dashboard.visit(page, `/conversations/${conversationId}`);
  await page.getByRole("log").getByText("[picture: picture]").waitFor();
  await page.getByRole("log").locator(".ansi-red", { hasText: "<b>red</b>" }).waitFor();
  await eventually("the diff is shown", async () => (await page.locator(".diff").count()) > 0);
  await assertUnharmed(page);
  for (const path of ["/jobs", "/conversations", "/lanes", "/lanes/hostile", "/threads", "/topology"]) {
    await dashboard.visit(page, path);
    await page.locator("main").locator(".row, .lane-card, .react-flow__node, .card").first().waitFor();
    await assertUnharmed(page);
  }
  const origin = new URL(dashboard.bridge.url).origin;
  assert.deepEqual(
    requested.filter((url) => !url.startsWith(origin)),
    [],
  );
});

test("the page runs only its own script files", async () => {
  const page = await dashboard.open();
  const outcome = await page.evaluate(() => {
    const script = document.createElement("script");
    try {
      script.textContent = "window.hacked = 'inline'";
      document.body.append(script);
    } catch (error) {
      return String(error);
    }
    return "appended";
  });
  assert.match(outcome, /TrustedScript|appended/);
  assert.equal(await page.evaluate(() => /** @type {any} */ (window).hacked), undefined);
  // The test caused these errors on purpose.
  dashboard.pageErrors = dashboard.pageErrors.filter(
    (line) => !/Content Security Policy|TrustedScript|Trusted/.test(line),
  );
});
