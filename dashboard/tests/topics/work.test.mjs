// Overview, jobs and conversations: what people do most, against the real Codex.

import assert from "node:assert/strict";

import { eventually } from "../../../smoke-test/driver/eventually.mjs";
import { asking, finished } from "../driver/story.mjs";
import { topic } from "../driver/topic.mjs";

const { dashboard, test } = await topic();

/** @param {string} label @param {import("playwright-core").Page} page */
const tile = (page, label) => page.locator(".tile", { hasText: label }).locator("strong");

test("the overview follows what happens, and an approval is given there", async () => {
  const page = await dashboard.open();
  await page.getByText("Nothing waits for an answer").waitFor();
  const before = Number(await tile(page, "Done").textContent());
  const { job } = await asking(dashboard, "Install it\n@model escalate echo installed-it > proof.txt\n@model say ready");
  const card = page.getByRole("article", { name: "Run a command" });
  await card.getByText("echo installed-it > proof.txt").first().waitFor();
  await card.getByText(dashboard.workspace).waitFor();
  assert.equal(await tile(page, "Waiting for you").textContent(), "1");
  assert.match(await page.title(), /^\(1\) /);
  await card.getByRole("button", { name: "Approve", exact: true }).click();
  await card.waitFor({ state: "detached" });
  const ended = await dashboard.api.completed(job.jobId);
  assert.equal(ended.result.text, "ready");
  await page.getByText("Nothing waits for an answer").waitFor();
  await eventually("one more is done", async () => (await tile(page, "Done").textContent()) === String(before + 1));
});

test("a question of the model is answered on the overview", async () => {
  const question = {
    questions: [
      { id: "colour", header: "Colour", question: "Which colour?", options: [{ label: "blue", description: "as the sky" }, { label: "red", description: "as roses" }] },
    ],
  };
  const page = await dashboard.open();
  const { job } = await dashboard.api.send("/conversations", {
    message: `Ask me\n@model call request_user_input ${JSON.stringify(question)}`,
    config: { "features.default_mode_request_user_input": true },
  });
  const card = page.getByRole("article", { name: "A question" });
  await card.getByLabel("Which colour?").fill("blue");
  await card.getByRole("button", { name: "Answer" }).click();
  await card.waitFor({ state: "detached" });
  await dashboard.api.completed(job.jobId);
  const { approvals } = (await dashboard.api.get(`/approvals?jobId=${job.jobId}`)).body;
  assert.equal(approvals[0].status, "answered");
});

test("changes of files are answered with their diff in sight", async () => {
  const page = await dashboard.open();
  const { job } = await dashboard.api.send("/conversations", {
    message: "Write it\n@model patch changed.txt\n@model say written",
    sandbox: "read-only",
    approvalPolicy: "untrusted",
  });
  const card = page.getByRole("article", { name: "Change files" });
  await card.locator(".diff .added").first().waitFor();
  await card.getByText("changed.txt").first().waitFor();
  await card.getByRole("button", { name: "Deny", exact: true }).click();
  await card.waitFor({ state: "detached" });
  await dashboard.api.endOf(job.jobId);
});

test("an approval that another program answered first says so", async () => {
  const page = await dashboard.open();
  await asking(dashboard, "Ask twice\n@model escalate true\n@model say ready");
  const card = page.getByRole("article", { name: "Run a command" });
  await card.waitFor();
  const { approvals } = (await dashboard.api.get("/approvals?status=pending")).body;
  // The page hears of nothing meanwhile.
  await page.route(/\/approvals\?/, (route) => route.abort());
  await dashboard.api.send(`/approvals/${approvals[0].approvalId}`, { decision: "deny" });
  await card.getByRole("button", { name: "Deny", exact: true }).click();
  await card.getByRole("alert").waitFor();
  assert.match((await card.getByRole("alert").textContent()) ?? "", /already|denied/i);
});

test("a conversation is started, streams, goes on, is forked, renamed and rolled back", async () => {
  const page = await dashboard.open("/conversations/new");
  await page.getByLabel("Message").fill("Stream to me\n@model stream 5\n@model say one two three four five\n@model hold stream\n@model say and the end");
  await page.getByLabel("Folder").fill("/no/such/folder");
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByRole("alert").getByText("does not exist").waitFor();
  assert.match(await page.getByLabel("Message").inputValue(), /Stream to me/, "the form stays as it was");
  await page.getByLabel("Folder").fill(dashboard.workspace);
  await page.getByLabel("Approvals").selectOption("never");
  await page.getByRole("button", { name: "Start" }).click();

  const transcript = page.getByRole("log");
  await transcript.getByText("one two three four five", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Cancel the turn" }).waitFor();
  assert.equal(await transcript.getByText("and the end", { exact: true }).count(), 0);
  await dashboard.model.release("stream");
  await transcript.getByText("and the end", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Cancel the turn" }).waitFor({ state: "detached" });

  await page.getByRole("textbox", { name: "Message" }).fill("Go on\n@model say second answer");
  await page.keyboard.press("Control+Enter");
  await transcript.getByText("second answer", { exact: true }).waitFor();
  await eventually("the field is free", async () => (await page.getByRole("textbox", { name: "Message" }).inputValue()) === "");

  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByRole("dialog").getByLabel("Title").fill("A better name");
  await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
  await page.getByRole("heading", { name: "A better name", level: 1 }).waitFor();

  await page.getByRole("button", { name: "Roll back" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
  await transcript.getByText("second answer", { exact: true }).waitFor({ state: "detached" });

  const address = page.url();
  await page.getByRole("button", { name: "Fork" }).click();
  await page.waitForURL((url) => url.href !== address);
  await page.getByRole("log").getByText("and the end", { exact: true }).waitFor();

  await page.getByRole("button", { name: "Open in VS Code" }).click();
  await page.getByRole("alert").getByText("without VS Code").waitFor();

  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByRole("dialog").getByLabel("Title").fill("Put away");
  await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
  await page.getByRole("heading", { name: "Put away", level: 1 }).waitFor();
  await page.getByRole("button", { name: "Archive" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Archive" }).click();
  await page.getByRole("heading", { name: "Conversations", level: 1 }).waitFor();
  const list = page.getByRole("list", { name: "Conversations" });
  await list.getByText("Put away").waitFor({ state: "detached" });
  await page.getByLabel("Archived").check();
  await page.locator(".archived-row", { hasText: "Put away" }).getByRole("button", { name: "Bring back" }).click();
  await page.getByLabel("Archived").uncheck();
  await list.getByText("Put away").waitFor();
});

test("commands, changes, plan and tokens are seen", async () => {
  const { conversationId } = await finished(
    dashboard,
    "Do all\n@model plan\n@model run printf '\\033[31mred\\033[0m text'\n@model patch notes.txt\n@model say All done",
  );
  const page = await dashboard.open(`/conversations/${conversationId}`);
  const transcript = page.getByRole("log");
  await transcript.getByText("All done", { exact: true }).waitFor();
  await transcript.locator(".ansi-red", { hasText: "red" }).waitFor();
  await transcript.getByText("Changed a file").waitFor();
  assert.ok((await transcript.locator(".diff .added").count()) > 0, "the diff's lines are marked");

  await page.getByText("Jobs of this conversation").click();
  await page.locator(".conversation-jobs .row").click();
  await page.getByRole("heading", { name: "Answer" }).waitFor();
  await page.getByRole("heading", { name: "Plan" }).waitFor();
  await page.getByRole("heading", { name: "Changes" }).waitFor();
  await page.getByText(/in, of these .* cached/).waitFor();
});

test("a running job is steered, and another one cancelled", async () => {
  const wait = async () => {
    const { job } = await dashboard.api.send("/conversations", { message: "Wait\n@model hold forever\n@model say never said" });
    await eventually("the turn runs", async () => (await dashboard.api.get(`/jobs/${job.jobId}`)).body.job.status === "running");
    return job;
  };
  const steered = await wait();
  const page = await dashboard.open(`/jobs/${steered.jobId}`);
  await page.getByLabel("Words for the running turn").fill("Hurry");
  await page.getByRole("button", { name: "Steer" }).click();
  await page.getByText("You said: Hurry").waitFor();

  const cancelled = await wait();
  await dashboard.visit(page, `/jobs/${cancelled.jobId}`);
  await page.getByRole("button", { name: "Cancel the job" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel the job" }).click();
  await page.getByRole("alert").getByText("cancelled").first().waitFor();
  await dashboard.model.release("forever");
});

test("jobs are searched and filtered, and new ones come by themselves", async () => {
  await finished(dashboard, "The needle of this haystack");
  await finished(dashboard, "It fails\n@model fail 500");
  const page = await dashboard.open("/jobs");
  const list = page.getByRole("list", { name: "Jobs", exact: true });
  await page.getByRole("searchbox").fill("NEEDLE");
  await eventually("one is left", async () => (await list.getByRole("listitem").count()) === 1);
  await page.getByRole("searchbox").fill("no such word at all");
  await page.getByText("No job is like this").waitFor();
  await page.getByRole("searchbox").fill("");
  await page.getByLabel("Status").selectOption("failed");
  await list.getByText("It fails").first().waitFor();
  assert.equal(await list.getByText("The needle of this haystack").count(), 0);
  await page.getByLabel("Status").selectOption("");
  await list.getByText("The needle of this haystack").waitFor();
  await finished(dashboard, "A job from elsewhere");
  await list.getByText("A job from elsewhere").waitFor();
  await list.getByRole("link").first().focus();
  await page.keyboard.press("ArrowDown");
  await eventually("the second row has the focus", () =>
    page.evaluate(() => document.activeElement?.closest("[data-index]")?.getAttribute("data-index") === "1"),
  );
});

test("an unknown job and an unknown page say so", async () => {
  const page = await dashboard.open("/jobs/nope");
  await page.getByRole("alert").getByText("Job not found.").waitFor();
  await dashboard.visit(page, "/conversations").catch(() => undefined);
  await page.goto(`${dashboard.bridge.url}/dashboard/no/such/page`);
  await page.getByRole("heading", { name: "There is no such page" }).waitFor();
});
