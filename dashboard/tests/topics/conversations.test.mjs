// Conversations: their transcripts and the actions on them.

import assert from "node:assert/strict";

import { eventually } from "../../../smoke-test/driver/eventually.mjs";
import { runConversation } from "../driver/story.mjs";
import { topic } from "../driver/topic.mjs";

const { dashboard, test } = await topic();

test("a conversation is started, streamed, continued, renamed, rolled back, forked and archived", async () => {
  const page = await dashboard.open("/conversations/new");
  await page
    .getByLabel("Message")
    .fill(
      "Stream to me\n@model stream 5\n@model say one two three four five\n@model hold stream\n@model say and the end",
    );
  await page.getByLabel("Directory").fill("/no/such/folder");
  await page.getByRole("button", { name: "Start conversation" }).click();
  await page.getByRole("alert").getByText("does not exist").waitFor();
  assert.match(await page.getByLabel("Message").inputValue(), /Stream to me/, "the form keeps its values");
  await page.getByLabel("Directory").fill(dashboard.workspace);
  await page.getByLabel("Approvals").selectOption("never");
  await page.getByRole("button", { name: "Start conversation" }).click();

  const transcript = page.getByRole("log");
  await transcript.getByText("one two three four five", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Cancel turn" }).waitFor();
  assert.equal(await transcript.getByText("and the end", { exact: true }).count(), 0);
  await page.reload();
  await page.getByRole("button", { name: "Cancel turn" }).waitFor();
  await dashboard.model.release("stream");
  await transcript.getByText("and the end", { exact: true }).waitFor();
  assert.equal(await page.locator(".turn").count(), 1, "history and live events form one turn");
  assert.equal(await page.locator(".user-message").count(), 1);
  await page.getByRole("button", { name: "Cancel turn" }).waitFor({ state: "detached" });

  await page.getByRole("textbox", { name: "Message" }).fill("Go on\n@model say second answer");
  await page.keyboard.press("Control+Enter");
  await transcript.getByText("second answer", { exact: true }).waitFor();
  await eventually(
    "the field is empty",
    async () => (await page.getByRole("textbox", { name: "Message" }).inputValue()) === "",
  );

  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByRole("dialog").getByLabel("Title").fill("A better name");
  await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
  await page.getByRole("heading", { name: "A better name", level: 1 }).waitFor();

  await page.getByRole("button", { name: "Roll back" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Roll back last turn" }).click();
  await transcript.getByText("second answer", { exact: true }).waitFor({ state: "detached" });

  const address = page.url();
  await page.getByRole("button", { name: "Fork" }).click();
  await page.waitForURL((url) => url.href !== address);
  await page.getByRole("log").getByText("and the end", { exact: true }).waitFor();

  await page.getByRole("button", { name: "Open in VS Code" }).click();
  await page.getByRole("alert").getByText("without VS Code").waitFor();

  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByRole("dialog").getByLabel("Title").fill("Archived one");
  await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
  await page.getByRole("heading", { name: "Archived one", level: 1 }).waitFor();
  await page.getByRole("button", { name: "Archive" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Archive conversation" }).click();
  await page.getByRole("heading", { name: "Conversations", level: 1 }).waitFor();
  const list = page.getByRole("list", { name: "Conversations" });
  await list.getByText("Archived one").waitFor({ state: "detached" });
  await page.getByLabel("Archived").check();
  await page
    .locator(".archived-row", { hasText: "Archived one" })
    .getByRole("button", { name: "Unarchive" })
    .click();
  await page.getByLabel("Archived").uncheck();
  await list.getByText("Archived one").waitFor();
});

test("commands, changes, plan and tokens are shown", async () => {
  const { conversationId } = await runConversation(
    dashboard,
    "Do all\n@model plan\n@model run printf '\\033[31mred\\033[0m text'\n@model patch notes.txt\n@model say All done",
  );
  const page = await dashboard.open(`/conversations/${conversationId}`);
  const transcript = page.getByRole("log");
  await transcript.getByText("All done", { exact: true }).waitFor();
  await transcript.locator(".ansi-red", { hasText: "red" }).waitFor();
  await transcript.getByText("Changed 1 file").waitFor();
  assert.ok((await transcript.locator(".diff .added").count()) > 0, "added lines of the diff are marked");
  const plan = transcript.locator("details", { hasText: "Plan" });
  await plan.locator("summary").click();
  await plan.getByText("Follow its script").waitFor();
  assert.deepEqual(await plan.locator(".status").allInnerTexts(), [
    "completed",
    "not completed",
    "not completed",
  ]);
  await transcript.getByText("All changes in this turn").click();
  await transcript
    .locator("details", { hasText: "All changes in this turn" })
    .locator(".diff summary", { hasText: "notes.txt" })
    .waitFor();

  await page.getByText("Jobs in this conversation").click();
  await page.locator(".conversation-jobs .row").click();
  await page.getByRole("heading", { name: "Answer" }).waitFor();
  await page.getByRole("heading", { name: "Plan" }).waitFor();
  await page.getByRole("heading", { name: "Changes" }).waitFor();
  await page.getByText(/in \(.* cached\)/).waitFor();
});

test("a conversation is compacted, and its older turns are shown on request", async () => {
  const { conversationId } = await runConversation(dashboard, "Turn 1 of many");
  for (let turn = 2; turn <= 32; turn++) {
    const { job } = await dashboard.api.send(`/conversations/${conversationId}/messages`, {
      message: `Turn ${turn} of many`,
    });
    await dashboard.api.completed(job.jobId);
  }
  const page = await dashboard.open(`/conversations/${conversationId}`);
  const transcript = page.getByRole("log");
  await transcript.getByText("You said: Turn 32 of many").waitFor();
  assert.equal(await transcript.getByText("You said: Turn 2 of many").count(), 0);
  await transcript.getByRole("button", { name: "Show 2 earlier turns" }).click();
  await transcript.getByText("You said: Turn 2 of many").waitFor();

  await page.getByRole("button", { name: "Compact" }).click();
  await page.getByRole("status").getByText("Compacted. Codex continues from a summary.").waitFor();
  await transcript.getByText("Codex compacted the history").waitFor();
});

test("a running turn is steered, and another one cancelled", async () => {
  const { conversationId } = await dashboard.api.send("/conversations", {
    message: "Work\n@model hold working\n@model say never said",
  });
  const page = await dashboard.open(`/conversations/${conversationId}`);
  await page.getByRole("button", { name: "Cancel turn" }).waitFor();
  await page.getByLabel("Delivery").selectOption("steer");
  await page.getByRole("textbox", { name: "Message" }).fill("Also look at the tests");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("log").getByText("You said: Also look at the tests").waitFor();

  const another = await dashboard.api.send("/conversations", {
    message: "Work on\n@model hold working\n@model say never said",
  });
  await dashboard.visit(page, `/conversations/${another.conversationId}`);
  await page.getByRole("button", { name: "Cancel turn" }).click();
  await page.getByRole("button", { name: "Cancel turn" }).waitFor({ state: "detached" });
  assert.equal((await dashboard.api.endOf(another.job.jobId)).failure.code, "cancelled");
  await page.getByText("Jobs in this conversation").click();
  await page.locator(".conversation-jobs .row").click();
  await page.getByRole("link", { name: "Open conversation" }).click();
  await page.getByRole("log").waitFor();
  await dashboard.model.release("working");
});

test("conversations can be searched by title", async () => {
  const { conversationId } = await runConversation(dashboard, "One of several");
  await dashboard.api.send(`/conversations/${conversationId}/rename`, { title: "The wanted one" });
  const page = await dashboard.open("/conversations");
  const list = page.getByRole("list", { name: "Conversations" });
  await page.getByRole("searchbox").fill("wanted");
  await eventually("one conversation is left", async () => (await list.getByRole("listitem").count()) === 1);
  await list.getByText("The wanted one").waitFor();
  await page.getByRole("searchbox").fill("no such title");
  await page.getByText("No matching conversations").waitFor();
});

test("queued messages are shown, edited and removed", async () => {
  const { conversationId } = await dashboard.api.send("/conversations", {
    message: "First\n@model hold queue\n@model say first is done",
  });
  const page = await dashboard.open(`/conversations/${conversationId}`);
  await page.getByRole("button", { name: "Cancel turn" }).waitFor();
  const send = async (/** @type {string} */ text) => {
    await page.getByRole("textbox", { name: "Message", exact: true }).fill(text);
    await page.getByRole("button", { name: "Send" }).click();
  };
  await send("Second");
  const queue = page.getByRole("region", { name: "Queued messages" });
  await queue.getByText("Second").waitFor();
  await send("Third");
  await queue.getByText("Third").waitFor();
  const entry = (/** @type {string} */ text) => queue.getByRole("listitem").filter({ hasText: text });

  await entry("Third").getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove message" }).click();
  await entry("Third").waitFor({ state: "detached" });

  await entry("Second").getByRole("button", { name: "Edit" }).click();
  const message = queue.getByLabel("Queued message");
  await message.fill(" ");
  await queue.getByRole("button", { name: "Save" }).click();
  await queue.getByRole("alert").getByText("must not be blank").waitFor();
  await message.fill("Second, said better");
  await queue.getByRole("button", { name: "Save" }).click();
  await queue.getByText("Second, said better").waitFor();

  await dashboard.model.release("queue");
  await page.getByRole("log").getByText("You said: Second, said better").waitFor();
  await queue.waitFor({ state: "detached" });
  assert.equal(await page.getByRole("log").getByText("Third").count(), 0);
});
