// A bridge that stops and restarts: the page reports it and catches up automatically.

import assert from "node:assert/strict";

import { eventually } from "../../../smoke-test/driver/eventually.mjs";
import { BridgeProcess } from "../driver/process.mjs";
import { runConversation } from "../driver/story.mjs";
import { topic } from "../driver/topic.mjs";

const { dashboard, test } = await topic();

test("the page shows what it missed during a restart", async () => {
  const page = await dashboard.open("/jobs");
  await page.getByText("No jobs yet").waitFor();
  const { port } = dashboard.bridge;
  await dashboard.bridge.stop();
  const banner = page.getByText("Disconnected");
  await banner.waitFor();
  const heading = await page.getByRole("heading", { name: "Jobs", level: 1 }).boundingBox();

  dashboard.bridge = await BridgeProcess.start(dashboard.sandbox, dashboard.workspace, { port });
  await runConversation(dashboard, "During the restart");
  await banner.waitFor({ state: "detached" });
  await page.getByText("During the restart").waitFor();
  assert.deepEqual(
    await page.getByRole("heading", { name: "Jobs", level: 1 }).boundingBox(),
    heading,
    "the layout did not shift",
  );
});

test("a broken stream continues after the last event", async () => {
  const page = await dashboard.page();
  /** @type {(string | undefined)[]} */
  const lastEventIds = [];
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/events") {
      lastEventIds.push(request.headers()["last-event-id"]);
    }
  });
  await page.goto(await dashboard.link());
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await runConversation(dashboard, "Before the break");
  await page.locator(".job-row", { hasText: "Before the break" }).waitFor();
  await page.context().setOffline(true);
  const { port } = dashboard.bridge;
  await dashboard.bridge.stop();
  await page.getByText("Disconnected").waitFor();
  dashboard.bridge = await BridgeProcess.start(dashboard.sandbox, dashboard.workspace, { port });
  await runConversation(dashboard, "During the break");
  await page.context().setOffline(false);
  await page.locator(".job-row", { hasText: "During the break" }).waitFor();
  await eventually("the page sent its last event ID", () => Number(lastEventIds.at(-1)) > 0);
});

test("a failed action keeps the form and shows the error", async () => {
  const { conversationId } = await runConversation(dashboard, "To be continued");
  const page = await dashboard.open(`/conversations/${conversationId}`);
  await page.getByRole("log").getByText("You said: To be continued").waitFor();
  const { port } = dashboard.bridge;
  await dashboard.bridge.stop();
  await page.getByRole("textbox", { name: "Message" }).fill("Sent while offline");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("alert").getByText("The bridge did not respond").waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Message" }).inputValue(), "Sent while offline");
  dashboard.bridge = await BridgeProcess.start(dashboard.sandbox, dashboard.workspace, { port });
  await page.getByText("Disconnected").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("log").getByText("You said: Sent while offline").waitFor();
});
