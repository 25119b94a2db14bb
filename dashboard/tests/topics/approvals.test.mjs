// Approvals and questions, resolved on the overview.

import assert from "node:assert/strict";

import { requestApproval, requestElicitation } from "../driver/story.mjs";
import { topic } from "../driver/topic.mjs";

const { dashboard, test } = await topic();

/**
 * Returns the content that the MCP server received: its tool returned it, and the model repeated it.
 *
 * @param {string} jobId
 */
async function receivedContent(jobId) {
  const { result } = await dashboard.api.completed(jobId);
  return result.text;
}

test("a question of the model is answered on the overview", async () => {
  const question = {
    questions: [
      {
        id: "color",
        header: "Color",
        question: "Which color?",
        options: [
          { label: "blue", description: "as the sky" },
          { label: "red", description: "as roses" },
        ],
      },
    ],
  };
  const page = await dashboard.open();
  const { job } = await dashboard.api.send("/conversations", {
    message: `Ask me\n@model call request_user_input ${JSON.stringify(question)}`,
    config: { "features.default_mode_request_user_input": true },
  });
  const card = page.getByRole("article", { name: "Question" });
  await card.getByLabel("Which color?").fill("blue");
  await card.getByRole("button", { name: "Answer" }).click();
  await card.waitFor({ state: "detached" });
  await dashboard.api.completed(job.jobId);
  const { approvals } = (await dashboard.api.get(`/approvals?jobId=${job.jobId}`)).body;
  assert.equal(approvals[0].status, "answered");
});

test("file changes are shown with their diff and denied", async () => {
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

test("an approval that another program resolved first shows an error", async () => {
  const page = await dashboard.open();
  await requestApproval(dashboard, "Ask twice\n@model escalate true\n@model say ready");
  const card = page.getByRole("article", { name: "Run a command" });
  await card.waitFor();
  const { approvals } = (await dashboard.api.get("/approvals?status=pending")).body;
  // The page must not learn of the decision.
  await page.route(/\/approvals\?/, (route) => route.abort());
  await dashboard.api.send(`/approvals/${approvals[0].approvalId}`, { decision: "deny" });
  await card.getByRole("button", { name: "Deny", exact: true }).click();
  await card.getByRole("alert").waitFor();
  assert.match((await card.getByRole("alert").textContent()) ?? "", /already|denied/i);
});

test("the other decisions take one click each", async () => {
  const page = await dashboard.open();
  const script = "@model escalate echo once\n@model escalate echo once\n@model say both ran";
  const { job } = await requestApproval(dashboard, `For the session\n${script}`);
  const card = page.getByRole("article", { name: "Run a command" });
  await card.getByRole("button", { name: "Approve for session" }).click();
  // The second, identical command needs no approval.
  assert.equal((await dashboard.api.completed(job.jobId)).result.text, "both ran");
  await card.waitFor({ state: "detached" });

  const stopped = await requestApproval(
    dashboard,
    "Stop there\n@model escalate echo never\n@model say never said",
  );
  await card.getByRole("button", { name: "Deny and stop turn" }).click();
  assert.equal((await dashboard.api.endOf(stopped.job.jobId)).status, "failed");
  await card.waitFor({ state: "detached" });
});

test("a form from an MCP server is validated and submitted", async () => {
  const page = await dashboard.open();
  const job = await requestElicitation(dashboard, {
    message: "Where should it go?",
    requestedSchema: {
      type: "object",
      properties: {
        name: {
          type: "string",
          title: "Your name",
          description: "As on the door",
          minLength: 2,
          maxLength: 20,
        },
        mail: { type: "string", format: "email" },
        day: { type: "string", format: "date" },
        floor: { type: "integer", minimum: -2, maximum: 12 },
        weight: { type: "number", default: 1.5 },
        gift: { type: "boolean", title: "It is a gift", default: true },
        size: { type: "string", enum: ["s", "m"], enumNames: ["Small", "Medium"] },
        color: {
          type: "string",
          oneOf: [
            { const: "#f00", title: "Red" },
            { const: "#00f", title: "Blue" },
          ],
          default: "#00f",
        },
        extras: {
          type: "array",
          minItems: 1,
          items: {
            anyOf: [
              { const: "b", title: "Bow" },
              { const: "c", title: "Card" },
            ],
          },
        },
      },
      required: ["name", "floor", "extras"],
    },
  });
  const card = page.getByRole("article", { name: "Form from an MCP server" });
  await card.getByText("Where should it go?").waitFor();
  await card.getByText("As on the door").waitFor();
  const send = card.getByRole("button", { name: "Send" });
  await send.click();
  const name = card.getByLabel("Your name (required)");
  const hasFocus = await card.getByLabel("Bow").evaluate((element) => element === document.activeElement);
  assert.ok(hasFocus, "the first invalid field has the focus");
  assert.equal(await card.getByText("This field is required.").count(), 2);
  await card.getByText("Choose at least 1.").waitFor();
  await name.fill("A");
  await card.getByText("Enter 2 to 20 characters (currently 1).").waitFor();
  await name.fill("Ada");
  await card.getByLabel("mail").fill("nowhere");
  await card.getByText("Enter a valid email address.").waitFor();
  await card.getByLabel("mail").fill("ada@example.com");
  const floor = card.getByLabel("floor (required)");
  for (const [typed, message] of /** @type {const} */ ([
    ["two", "Enter a number."],
    ["2.5", "Enter a whole number."],
    ["13", "Enter a number: -2 to 12."],
  ])) {
    await floor.fill(typed);
    await card.getByText(message).waitFor();
  }
  await floor.fill("-1");
  await card.getByLabel("day").fill("2026-11-21");
  await card.getByLabel("It is a gift").uncheck();
  await card.getByLabel("size").selectOption({ label: "Medium" });
  await card.getByLabel("Card").check();
  assert.equal(await card.getByRole("alert").count(), 0, "no errors are left");
  await send.click();
  await card.waitFor({ state: "detached" });
  const content = await receivedContent(job.jobId);
  for (const part of [
    '"name":"Ada"',
    '"mail":"ada@example.com"',
    '"floor":-1',
    '"weight":1.5',
    '"day":"2026-11-21"',
    '"gift":false',
    '"size":"m"',
    '"color":"#00f"',
    '"extras":["c"]',
  ]) {
    assert.ok(content.includes(part), `${part} is not in ${content}`);
  }
});

test("a form is declined or dismissed, and a URL is not opened automatically", async () => {
  const page = await dashboard.open();
  const form = {
    message: "Who?",
    requestedSchema: { type: "object", properties: { __proto__name: { type: "string" } } },
  };
  for (const [button, action] of /** @type {const} */ ([
    ["Decline", "decline"],
    ["Dismiss", "cancel"],
  ])) {
    const job = await requestElicitation(dashboard, form);
    const card = page.getByRole("article", { name: "Form from an MCP server" });
    await card.getByRole("button", { name: button }).click();
    await card.waitFor({ state: "detached" });
    assert.ok((await receivedContent(job.jobId)).includes(`"action":"${action}"`));
  }
  const job = await requestElicitation(dashboard, {
    mode: "url",
    message: "Sign in there",
    url: "https://login.example/start?to=shop",
    elicitationId: "one",
  });
  const card = page.getByRole("article", { name: "URL from an MCP server" });
  const link = card.getByRole("link", { name: "https://login.example/start?to=shop" });
  assert.deepEqual(await link.evaluate((/** @type {HTMLAnchorElement} */ { target, rel }) => [target, rel]), [
    "_blank",
    "noopener noreferrer",
  ]);
  assert.equal(page.context().pages().length, 1, "no page is opened");
  await card.getByRole("button", { name: "Approve" }).click();
  await card.waitFor({ state: "detached" });
  assert.ok((await receivedContent(job.jobId)).includes('"action":"accept"'));
});
