// What Codex asks, answered where the person sees it.

import assert from "node:assert/strict";

import { asking } from "../driver/story.mjs";
import { topic } from "../driver/topic.mjs";

const { dashboard, test } = await topic();

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

test("every other decision is one click", async () => {
  const page = await dashboard.open();
  const script = "@model escalate echo once\n@model escalate echo once\n@model say both ran";
  const { job } = await asking(dashboard, `For the session\n${script}`);
  const card = page.getByRole("article", { name: "Run a command" });
  await card.getByRole("button", { name: "Approve for the session" }).click();
  // The second of the same is not asked for.
  assert.equal((await dashboard.api.completed(job.jobId)).result.text, "both ran");
  await card.waitFor({ state: "detached" });

  const stopped = await asking(dashboard, "Stop there\n@model escalate echo never\n@model say never said");
  await card.getByRole("button", { name: "Deny and stop the turn" }).click();
  assert.equal((await dashboard.api.endOf(stopped.job.jobId)).status, "failed");
  await card.waitFor({ state: "detached" });
});
