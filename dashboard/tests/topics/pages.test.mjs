// The pages for threads, webhooks, topology, context and system.

import assert from "node:assert/strict";
import { after } from "node:test";

import { eventually } from "../../../smoke-test/driver/eventually.mjs";
import { Receiver, runConversation, writeShop } from "../driver/story.mjs";
import { topic } from "../driver/topic.mjs";

const { dashboard, test } = await topic();
const receiver = new Receiver();
await receiver.start();
after(() => receiver.stop());
writeShop(dashboard.workspace);

test("threads appear below the thread they come from", async () => {
  const { conversationId } = await runConversation(dashboard, "The original");
  await dashboard.api.send(`/conversations/${conversationId}/fork`, { title: "The copy" });
  const page = await dashboard.open("/threads");
  const list = page.getByRole("list", { name: "Threads" });
  await list.getByText("The original").first().waitFor();
  await list.getByText("The copy").waitFor();
  await list.locator(".tag").first().waitFor();
  await page.getByRole("searchbox").fill("The copy");
  await list.getByText("The original").first().waitFor({ state: "detached" });
  await list.getByText("The copy").click();
  await page.getByRole("heading", { name: "The copy", level: 1 }).waitFor();
});

test("a webhook is created with a preview, tested, redelivered after a failure, edited and deleted", async () => {
  await runConversation(dashboard, "Something for the log");
  const page = await dashboard.open("/webhooks");
  await page.getByText("No webhooks yet").waitFor();
  await page.getByRole("button", { name: "New webhook" }).click();
  await page.getByLabel("Events", { exact: true }).fill("job.completed");
  const preview = page.getByRole("region", { name: "Matching events" });
  await preview.getByText("job.completed").first().waitFor();
  await page.getByLabel("Only these lanes").fill("no-such-lane");
  await preview.getByText(/^0 of the latest/).waitFor();
  await page.getByLabel("Only these lanes").fill("");
  await page.getByLabel("Events", { exact: true }).fill("not an event!");
  await preview.getByRole("alert").getByText("is not an event type").waitFor();
  await page.getByLabel("Events", { exact: true }).fill("job.completed");
  await page.getByLabel("URL").fill("ftp://example.com");
  await page.getByRole("button", { name: "Create webhook" }).click();
  await page.locator(".webhook-form .stack").getByRole("alert").getByText("url").waitFor();
  await page.getByLabel("URL").fill(/** @type {string} */ (receiver.url));
  await page.getByRole("button", { name: "Create webhook" }).click();

  await page.locator(".webhook-row", { hasText: "/hook" }).click();
  await page.getByText("No deliveries yet").waitFor();
  await page.getByRole("button", { name: "Send test event" }).click();
  const delivery = page.locator("details.item", { hasText: "webhook.test" });
  await delivery.getByText("delivered").waitFor();
  assert.equal(receiver.received.length, 1);

  receiver.status = 500;
  await page.getByRole("button", { name: "Send test event" }).click();
  const failing = delivery.filter({ hasText: "pending" });
  await failing.getByText("1 attempt", { exact: false }).waitFor();
  await failing.locator("summary").click();
  await failing.locator(".attempts", { hasText: "500" }).waitFor();
  receiver.status = 200;
  await failing.getByRole("button", { name: "Redeliver" }).click();
  await eventually(
    "both events are delivered",
    async () => (await delivery.getByText("delivered").count()) === 2,
  );
  await page.getByLabel("Status").selectOption("failed");
  await page.getByText("No matching deliveries").waitFor();
  await page.getByLabel("Status").selectOption("");
  await delivery.first().waitFor();

  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Events", { exact: true }).fill("approval.*");
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.locator("dd", { hasText: "job.completed" }).waitFor();
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Events", { exact: true }).fill("lane.*");
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator("dd", { hasText: "lane.*" }).waitFor();
  await page.getByRole("button", { name: "Turn off" }).click();
  await page.getByRole("button", { name: "Turn on" }).click();
  await page.getByRole("button", { name: "Turn off" }).waitFor();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete webhook" }).click();
  await page.getByText("No webhooks yet").waitFor();
});

test("older deliveries are shown on request", async () => {
  const { webhook } = await dashboard.api.send("/webhooks", { url: receiver.url, events: ["lane.*"] });
  for (let number = 0; number < 51; number++) {
    await dashboard.api.send(`/webhooks/${webhook.id}/test`, {});
  }
  const page = await dashboard.open(`/webhooks/${webhook.id}`);
  const deliveries = page.locator("details.item");
  await eventually("one page of deliveries is shown", async () => (await deliveries.count()) === 50);
  await page.getByRole("button", { name: "Show older deliveries" }).click();
  await eventually("all deliveries are shown", async () => (await deliveries.count()) === 51);
  assert.equal((await dashboard.api.delete(`/webhooks/${webhook.id}`)).status, 200);
});

test("the topology shows connections and details", async () => {
  await dashboard.api.send("/codex/workflows/start-visible", {
    laneId: "seen",
    title: "A seen lane",
    kickoffPrompt: "Hello",
  });
  await eventually(
    "the lane is done",
    async () => (await dashboard.api.get("/lanes/seen")).body.lane.status === "done",
  );
  const page = await dashboard.open("/topology");
  const node = (/** @type {string} */ kind) => page.locator(`.react-flow__node[data-id="${kind}"]`);
  await node("lane seen").waitFor();
  await node("session seen").waitFor();
  await page.locator('.react-flow__node[data-id^="process "]').first().waitFor();
  await eventually(
    "lane, thread, session and process are connected",
    async () => (await page.locator(".react-flow__edge").count()) >= 3,
  );
  await node("lane seen").focus();
  await page.keyboard.press("Enter");
  const drawer = page.getByRole("dialog", { name: "lane: A seen lane" });
  await drawer.getByText("Isolation").waitFor();
  await page.keyboard.press("Escape");
  await drawer.waitFor({ state: "detached" });
  await node("session seen").click();
  await page.getByRole("dialog").getByRole("link", { name: "Open lane" }).click();
  await page.getByRole("heading", { name: "A seen lane", level: 1 }).waitFor();
});

test("global webhooks connect to one node, others to the objects in their scope", async () => {
  await dashboard.api.send("/lanes", { laneId: "chosen", title: "A chosen lane" });
  const made = await Promise.all(
    [{}, {}, { laneId: "chosen" }].map((scope) =>
      dashboard.api.send("/webhooks", { url: receiver.url, events: ["lane.*"], scope }),
    ),
  );
  const [first, second, narrow] = made.map(({ webhook }) => webhook.id);
  const page = await dashboard.open("/topology");
  const edge = (/** @type {string} */ webhook, /** @type {string} */ target) =>
    page.locator(`.react-flow__edge[data-id="webhook ${webhook}→${target}"]`);
  await edge(first, "scope everything").waitFor({ state: "attached" });
  await edge(second, "scope everything").waitFor({ state: "attached" });
  await edge(narrow, "lane chosen").waitFor({ state: "attached" });
  assert.equal(await page.locator(`.react-flow__edge[data-id^="webhook ${first}"]`).count(), 1);
  const node = (/** @type {string} */ id) => page.locator(`.react-flow__node[data-id="${id}"]`);
  await node("scope everything").click();
  await page
    .getByRole("dialog", { name: "scope: Everything" })
    .getByText("Webhooks", { exact: true })
    .waitFor();
  await page.keyboard.press("Escape");
  await node(`webhook ${narrow}`).click();
  await page.getByRole("dialog").getByText("lanes chosen").waitFor();
  await page.keyboard.press("Escape");
  await node(`webhook ${first}`).click();
  await page
    .getByRole("dialog")
    .getByText("everything: all current and future lanes, threads, and sessions")
    .waitFor();
  for (const { webhook } of made) {
    await dashboard.api.delete(`/webhooks/${webhook.id}`);
  }
});

test("code can be searched, and a symbol explored", async () => {
  const page = await dashboard.open("/context");
  await page.getByText("Search the code of the workspace").waitFor();
  await page.getByRole("searchbox").fill("where is a session refreshed");
  await page.keyboard.press("Enter");
  await page.locator(".snippets", { hasText: "refreshSession" }).waitFor();
  await page.getByRole("button", { name: /function checkOut/ }).click();
  await page
    .getByRole("region", { name: "Symbol checkOut" })
    .getByRole("button", { name: "refreshSession" })
    .click();
  const symbol = page.getByRole("region", { name: "Symbol refreshSession" });
  await symbol.locator(".react-flow__node", { hasText: "logIn" }).waitFor();
  await symbol.getByRole("button", { name: "checkOut" }).waitFor();
  await symbol.getByRole("tab", { name: "References" }).click();
  await symbol.locator(".references", { hasText: "src/checkout.ts" }).waitFor();
  await symbol.getByRole("tab", { name: "Explanation" }).click();
  await symbol.getByText("Gives a session another hour.").first().waitFor();
  await symbol.getByRole("tab", { name: "Calls" }).click();
  await symbol.getByRole("button", { name: "checkOut" }).click();
  await page.getByRole("region", { name: "Symbol checkOut" }).waitFor();
  await page.getByRole("searchbox").fill("logIn");
  await page.getByRole("button", { name: "Explore symbol" }).click();
  await page.getByRole("region", { name: "Symbol logIn" }).waitFor();
});

test("the system page shows checks, processes, settings and the log", async () => {
  const page = await dashboard.open("/system");
  for (const name of ["Codex", "Login", "Port"]) {
    const check = page.locator(".check", { has: page.getByText(name, { exact: true }) });
    await check.getByText("OK", { exact: true }).waitFor();
  }
  await page.getByText("this bridge", { exact: true }).waitFor();
  await page
    .getByText(/^\d+ MB$/)
    .first()
    .waitFor();
  await page.getByText("codexBridge.authToken").waitFor();
  await page.getByRole("row", { name: "codexBridge.rpc safe" }).waitFor();
  await page.getByLabel("Level").selectOption("trace");
  await page.locator(".log").waitFor();
});
