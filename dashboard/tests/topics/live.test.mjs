// A bridge that goes and comes back: the page says so, and catches up by itself.

import assert from "node:assert/strict";

import { eventually } from "../../../smoke-test/driver/eventually.mjs";
import { BridgeProcess } from "../driver/process.mjs";
import { finished } from "../driver/story.mjs";
import { topic } from "../driver/topic.mjs";

const { dashboard, test } = await topic();

test("after a restart the page shows what it missed", async () => {
  const page = await dashboard.open("/jobs");
  await page.getByText("No jobs yet").waitFor();
  const { port } = dashboard.bridge;
  await dashboard.bridge.stop();
  const banner = page.getByText("Disconnected");
  await banner.waitFor();
  const heading = await page.getByRole("heading", { name: "Jobs", level: 1 }).boundingBox();

  dashboard.bridge = await BridgeProcess.start(dashboard.sandbox, dashboard.workspace, { port });
  await finished(dashboard, "While nobody looked");
  await banner.waitFor({ state: "detached" });
  await page.getByText("While nobody looked").waitFor();
  assert.deepEqual(
    await page.getByRole("heading", { name: "Jobs", level: 1 }).boundingBox(),
    heading,
    "nothing jumped",
  );
});

test("a stream that breaks goes on after the last event", async () => {
  const page = await dashboard.page();
  /** @type {(string | undefined)[]} */
  const asked = [];
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/events") {
      asked.push(request.headers()["last-event-id"]);
    }
  });
  await page.goto(await dashboard.link());
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await finished(dashboard, "Before the break");
  await page.locator(".job-row", { hasText: "Before the break" }).waitFor();
  await page.context().setOffline(true);
  const { port } = dashboard.bridge;
  await dashboard.bridge.stop();
  await page.getByText("Disconnected").waitFor();
  dashboard.bridge = await BridgeProcess.start(dashboard.sandbox, dashboard.workspace, { port });
  await finished(dashboard, "During the break");
  await page.context().setOffline(false);
  await page.locator(".job-row", { hasText: "During the break" }).waitFor();
  await eventually("it said what it had", () => Number(asked.at(-1)) > 0);
});

test("a failed action leaves the form and says why", async () => {
  const { conversationId } = await finished(dashboard, "To be continued");
  const page = await dashboard.open(`/conversations/${conversationId}`);
  await page.getByRole("log").getByText("You said: To be continued").waitFor();
  const { port } = dashboard.bridge;
  await dashboard.bridge.stop();
  await page.getByRole("textbox", { name: "Message" }).fill("Nobody hears this");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("alert").getByText("The bridge did not respond").waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Message" }).inputValue(), "Nobody hears this");
  dashboard.bridge = await BridgeProcess.start(dashboard.sandbox, dashboard.workspace, { port });
  await page.getByText("Disconnected").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("log").getByText("You said: Nobody hears this").waitFor();
});
