// Signing in and out, and the messages for browsers that are not signed in.

import assert from "node:assert/strict";

import { BridgeProcess } from "../driver/process.mjs";
import { topic } from "../driver/topic.mjs";

const token = "a-token-of-the-test";
const { dashboard, test } = await topic({ token });

test("a sign-in link works once and leaves no trace", async () => {
  const link = await dashboard.link();
  const page = await dashboard.page();
  await page.goto(link);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  assert.equal(page.url(), `${dashboard.bridge.url}/dashboard/`);
  const [cookie] = await page.context().cookies();
  assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, "Strict"]);
  assert.equal(await page.evaluate(() => document.cookie), "");
  await page.reload();
  await page.getByRole("heading", { name: "Overview" }).waitFor();

  const another = await dashboard.page();
  await another.goto(link);
  await another.getByRole("heading", { name: "This link is no longer valid" }).waitFor();
  await another.getByText("was already used or has expired").waitFor();
  assert.equal(new URL(another.url()).hash, "");
});

test("a browser that is not signed in shows how to sign in", async () => {
  const page = await dashboard.page();
  await page.goto(`${dashboard.bridge.url}/dashboard/jobs`);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.getByText("codex-bridge dashboard", { exact: true }).waitFor();
});

test("signing out ends the session in every tab", async () => {
  const page = await dashboard.open();
  const other = await page.context().newPage();
  await other.goto(`${dashboard.bridge.url}/dashboard/jobs`);
  await other.getByRole("heading", { name: "Jobs", level: 1 }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Command" }).fill("sign out of this browser");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Signed out" }).waitFor();
  // The bridge closed the event stream of this tab.
  await other.getByRole("heading", { name: "Signed out" }).waitFor();
  assert.equal((await page.context().cookies()).length, 0);
});

test("a stopped bridge, a new token and a version mismatch each show their own message", async () => {
  const page = await dashboard.open();
  const { port } = dashboard.bridge;
  await dashboard.bridge.stop();
  await page.getByText("Disconnected").waitFor();

  dashboard.bridge = await BridgeProcess.start(dashboard.sandbox, dashboard.workspace, {
    port,
    token: "another-token",
  });
  await page.getByRole("heading", { name: "Your session has ended" }).waitFor();
  await dashboard.bridge.stop();

  dashboard.bridge = await BridgeProcess.start(dashboard.sandbox, dashboard.workspace, { port, token });
  await page.reload();
  await page.getByRole("heading", { name: "Overview" }).waitFor();

  await page.route("**/health", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), version: "0.0.9" } });
  });
  await page.reload();
  await page.getByText("the bridge is version 0.0.9").waitFor();

  await page.route("**/dashboard/session", (route) =>
    route.fulfill({
      status: 404,
      json: { ok: false, error: "Route not found", code: "route_not_found", requestId: "1" },
    }),
  );
  await page.reload();
  await page.getByRole("heading", { name: "The bridge has a different version" }).waitFor();

  await page.unroute("**/dashboard/session");
  await page.route("**/dashboard/session", (route) => route.abort());
  await page.reload();
  await page.getByRole("heading", { name: "The bridge is not running" }).waitFor();
  await page.unroute("**/dashboard/session");
  await page.getByRole("heading", { name: "Overview" }).waitFor();
});
