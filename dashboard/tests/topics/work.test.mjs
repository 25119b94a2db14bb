// The overview and jobs, with the real Codex.

import assert from "node:assert/strict";

import { eventually } from "../../../smoke-test/driver/eventually.mjs";
import { requestApproval, runConversation } from "../driver/story.mjs";
import { topic } from "../driver/topic.mjs";

const { dashboard, test } = await topic();

/** @param {string} label @param {import("playwright-core").Page} page */
const tile = (page, label) => page.locator(".tile", { hasText: label }).locator("strong");

test("the overview is live, and an approval can be given there", async () => {
  const page = await dashboard.open();
  await page.getByText("Nothing needs your approval").waitFor();
  const completedBefore = Number(await tile(page, "Completed").textContent());
  const { job } = await requestApproval(
    dashboard,
    "Install it\n@model escalate echo installed-it > proof.txt\n@model say ready",
  );
  const card = page.getByRole("article", { name: "Run a command" });
  await card.getByText("echo installed-it > proof.txt").first().waitFor();
  await card.getByText(dashboard.workspace).waitFor();
  assert.equal(await tile(page, "Pending approvals").textContent(), "1");
  assert.match(await page.title(), /^\(1\) /);
  await card.getByRole("button", { name: "Approve", exact: true }).click();
  await card.waitFor({ state: "detached" });
  const ended = await dashboard.api.completed(job.jobId);
  assert.equal(ended.result.text, "ready");
  await page.getByText("Nothing needs your approval").waitFor();
  await eventually(
    "one more job is completed",
    async () => (await tile(page, "Completed").textContent()) === String(completedBefore + 1),
  );
});

test("a running job is steered, and another one cancelled", async () => {
  const startJob = async () => {
    const { job } = await dashboard.api.send("/conversations", {
      message: "Wait\n@model hold forever\n@model say never said",
    });
    await eventually(
      "the turn runs",
      async () => (await dashboard.api.get(`/jobs/${job.jobId}`)).body.job.status === "running",
    );
    return job;
  };
  const steered = await startJob();
  const page = await dashboard.open(`/jobs/${steered.jobId}`);
  await page.getByLabel("Message for the current turn").fill("Hurry");
  await page.getByRole("button", { name: "Steer" }).click();
  await page.getByText("You said: Hurry").waitFor();

  const cancelled = await startJob();
  await dashboard.visit(page, `/jobs/${cancelled.jobId}`);
  await page.getByRole("button", { name: "Cancel job" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel job" }).click();
  await page.getByRole("alert").getByText("cancelled").first().waitFor();
  await dashboard.model.release("forever");
});

test("what a turn has produced is shown after a reload, and kept when the job is cancelled", async () => {
  const { job } = await dashboard.api.send("/conversations", {
    message: "Half\n@model plan\n@model begin half of the answer\n@model hold half",
  });
  const page = await dashboard.open(`/jobs/${job.jobId}`);
  await eventually("the answer has begun", async () => {
    const { body } = await dashboard.api.get(`/jobs/${job.jobId}`);
    return body.job.progress?.text === "half of the answer";
  });
  await page.reload();
  await page.getByRole("heading", { name: "Answer so far" }).waitFor();
  await page.getByText("half of the answer", { exact: true }).waitFor();
  await page.getByRole("heading", { name: "Plan" }).waitFor();
  await page.getByRole("button", { name: "Cancel job" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel job" }).click();
  await page.getByRole("alert").getByText("cancelled").first().waitFor();
  await page.getByText("half of the answer", { exact: true }).waitFor();
  await dashboard.visit(page, "/jobs?status=cancelled");
  await page.getByRole("list", { name: "Jobs", exact: true }).getByText("Half").first().waitFor();
  await dashboard.model.release("half");
});

test("jobs can be searched and filtered, and new jobs appear", async () => {
  await runConversation(dashboard, "The needle of this haystack");
  await runConversation(dashboard, "It fails\n@model fail 500");
  const page = await dashboard.open("/jobs");
  const list = page.getByRole("list", { name: "Jobs", exact: true });
  await page.getByRole("searchbox").fill("NEEDLE");
  await eventually("one job is left", async () => (await list.getByRole("listitem").count()) === 1);
  await page.getByRole("searchbox").fill("no such word at all");
  await page.getByText("No matching jobs").waitFor();
  await page.getByRole("searchbox").fill("");
  await page.getByLabel("Status").selectOption("failed");
  await list.getByText("It fails").first().waitFor();
  assert.equal(await list.getByText("The needle of this haystack").count(), 0);
  await page.getByLabel("Status").selectOption("");
  await list.getByText("The needle of this haystack").waitFor();
  await runConversation(dashboard, "A job from elsewhere");
  await list.getByText("A job from elsewhere").waitFor();
  await list.getByRole("link").first().focus();
  await page.keyboard.press("ArrowDown");
  await eventually("the second row has the focus", () =>
    page.evaluate(() => document.activeElement?.closest("[data-index]")?.getAttribute("data-index") === "1"),
  );
});

test("an unknown job and an unknown page show an error", async () => {
  const page = await dashboard.open("/jobs/nope");
  await page.getByRole("alert").getByText("Job not found.").waitFor();
  await dashboard.visit(page, "/conversations").catch(() => undefined);
  await page.goto(`${dashboard.bridge.url}/dashboard/no/such/page`);
  await page.getByRole("heading", { name: "Page not found" }).waitFor();
});
