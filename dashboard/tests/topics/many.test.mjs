// Large amounts of data: only visible rows are rendered, every row can be reached, and the page stays
// responsive.

import assert from "node:assert/strict";

import { eventually } from "../../../smoke-test/driver/eventually.mjs";
import { createLanes, multiplyJobs } from "../driver/many.mjs";
import { runConversation } from "../driver/story.mjs";
import { topic } from "../driver/topic.mjs";

const { dashboard, test } = await topic();

test("a list of 10,000 jobs scrolls to the last job and renders only visible rows", async () => {
  await runConversation(dashboard, "The newest of many");
  multiplyJobs(dashboard, 10_000);
  const page = await dashboard.open("/jobs");
  const list = page.getByRole("list", { name: "Jobs", exact: true });
  await list.getByText("Job number 3 of many", { exact: true }).waitFor();
  const scrollElement = page.locator("main .virtual-list");
  await eventually(
    "the oldest job is visible",
    async () => {
      await scrollElement.evaluate((element) => element.scrollTo(0, element.scrollHeight));
      assert.ok((await list.getByRole("listitem").count()) < 80, "only visible rows are rendered");
      return list.getByText("Job number 9999 of many", { exact: true }).isVisible();
    },
    { withinMs: 120_000 },
  );
  await page.getByRole("searchbox").fill("number 7777 of");
  await eventually("the search has one result", async () => (await list.getByRole("listitem").count()) === 1);
});

test("the board shows 1,000 lanes", async () => {
  await createLanes(dashboard, 1000);
  const page = await dashboard.open("/lanes");
  await page.getByRole("region", { name: "Idle" }).getByText("1000", { exact: true }).waitFor();
  assert.ok((await page.locator(".lane-card").count()) < 60, "only visible rows are rendered");
  await page.getByRole("searchbox").fill("number 777");
  await page.locator(".lane-card", { hasText: "Lane number 777" }).waitFor();
  assert.equal(await page.locator(".lane-card").count(), 1);
});

test("the page catches up with a burst of events", async () => {
  const page = await dashboard.open();
  const { webhook } = await dashboard.api.send("/webhooks", {
    url: "http://127.0.0.1:9/hook",
    events: ["none"],
  });
  for (let round = 0; round < 20; round++) {
    await Promise.all(
      Array.from({ length: 50 }, () => dashboard.api.post(`/webhooks/${webhook.id}/test`, {})),
    );
  }
  await runConversation(dashboard, "After the flood");
  await page.locator(".job-row", { hasText: "After the flood" }).waitFor();
});
