// Lanes and the actions on them.

import assert from "node:assert/strict";

import { eventually } from "../../../smoke-test/driver/eventually.mjs";
import { ageLanes } from "../driver/many.mjs";
import { topic } from "../driver/topic.mjs";

const { dashboard, test } = await topic();

test("a lane is created, runs, is verified and deleted", async () => {
  const page = await dashboard.open("/lanes");
  await page.getByText("No lanes yet").waitFor();
  await page.getByRole("button", { name: "New lane" }).click();
  const form = page.getByRole("dialog", { name: "New lane" });
  await form.getByLabel("Title").fill("Fix the login");
  await form.getByLabel("ID", { exact: true }).fill("sessions");
  await form.getByLabel("Directory").fill(dashboard.workspace);
  await form.getByLabel("First prompt").fill("Begin\n@model hold lane\n@model say begun");
  await form.getByLabel("Acceptance criteria").fill("it works");
  await form.getByLabel("Verification commands").fill("echo checked && false");
  await form.getByRole("button", { name: "Create lane" }).click();
  await form.getByRole("alert").getByText("laneId").waitFor();
  assert.equal(await form.getByLabel("Title").inputValue(), "Fix the login", "the form keeps its values");
  await form.getByLabel("ID", { exact: true }).fill("fix-login");
  await form.getByRole("button", { name: "Create lane" }).click();

  await page.getByRole("heading", { name: "Fix the login", level: 1 }).waitFor();
  await page.getByText("it works").waitFor();
  await page.getByRole("button", { name: "Interrupt" }).waitFor();
  await dashboard.model.release("lane");
  await page.getByText("exit 1").waitFor();
  await page.locator("pre", { hasText: "checked" }).waitFor();
  await page.locator(".status", { hasText: "blocked" }).waitFor();

  await page.getByLabel("Prompt").fill("Once more");
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator(".job-row", { hasText: "Once more" }).waitFor();
  await eventually(
    "the lane is blocked again",
    async () => (await dashboard.api.get("/lanes/fix-login")).body.lane.status === "blocked",
  );

  await dashboard.visit(page, "/lanes");
  await page.getByRole("region", { name: "Waiting for you" }).getByText("Fix the login").waitFor();
  await page.getByRole("tab", { name: "Table" }).click();
  await page.getByRole("link", { name: /Fix the login/ }).click();

  await page.getByRole("button", { name: "Stop session" }).click();
  await page.getByRole("button", { name: "Start session" }).click();
  await page.getByRole("button", { name: "Stop session" }).waitFor();
  await page.getByRole("button", { name: "Sync from Codex" }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete lane" }).click();
  await page.getByText("No lanes yet").waitFor();
});

test("a lane's turn is steered and interrupted", async () => {
  await dashboard.api.send("/codex/workflows/start-visible", {
    laneId: "steered",
    title: "A steered lane",
    kickoffPrompt: "Begin\n@model hold steer\n@model say begun",
  });
  const page = await dashboard.open("/lanes");
  await page.getByRole("searchbox").fill("no such lane");
  await page.getByText("A steered lane").waitFor({ state: "detached" });
  await page.getByRole("searchbox").fill("steered");
  await page.getByRole("link", { name: /A steered lane/ }).click();
  await page.getByLabel("Message for the current turn").fill("Hurry");
  await page.getByRole("button", { name: "Steer" }).click();
  await eventually(
    "the field is empty",
    async () => (await page.getByLabel("Message for the current turn").inputValue()) === "",
  );
  await page.locator(".facts .status", { hasText: "done" }).waitFor();
  await dashboard.api.send("/lanes/steered/prompt", { input: "Again\n@model hold steer\n@model say again" });
  await page.getByRole("button", { name: "Interrupt" }).click();
  await page.locator(".facts .status", { hasText: "interrupted" }).waitFor();
  await dashboard.model.release("steer");
});

test("cleanup deletes only lanes that have been done for a day", async () => {
  await dashboard.api.send("/codex/workflows/start-visible", {
    laneId: "old",
    title: "An old lane",
    kickoffPrompt: "Do it",
  });
  await eventually(
    "the lane is done",
    async () => (await dashboard.api.get("/lanes/old")).body.lane.status === "done",
  );
  const page = await dashboard.open("/lanes");
  const cleanUp = async () => {
    await page.getByRole("button", { name: "Clean up" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Clean up lanes" }).click();
  };
  await cleanUp();
  await page.getByRole("status").getByText("No lanes have been done for over a day.").waitFor();
  await page.getByText("An old lane").waitFor();
  ageLanes(dashboard, 25);
  await cleanUp();
  await page.getByRole("status").getByText("Deleted 1 lane.").waitFor();
  await page.getByText("An old lane").waitFor({ state: "detached" });
  await page.getByText("A steered lane").waitFor();
});
