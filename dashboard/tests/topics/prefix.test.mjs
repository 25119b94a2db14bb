// The dashboard under a path of another server.

import assert from "node:assert/strict";
import { after } from "node:test";

import { PrefixProxy } from "../driver/proxy.mjs";
import { finished } from "../driver/story.mjs";
import { topic } from "../driver/topic.mjs";

const proxy = new PrefixProxy();
const origin = await proxy.start();
after(() => proxy.stop());
const { dashboard, test } = await topic({ arguments: ["--allow-origin", origin] });
proxy.target = dashboard.bridge.url;
const place = origin + proxy.prefix;

test("under a path of another server it signs in, shows, follows and acts", async () => {
  const page = await dashboard.page();
  /** @type {string[]} */
  const elsewhere = [];
  page.on("request", (request) => !request.url().startsWith(place) && elsewhere.push(request.url()));
  await page.goto(`${place}dashboard/jobs`);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();

  const link = await dashboard.link();
  await page.goto(link.replace(`${dashboard.bridge.url}/`, place));
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  assert.equal(page.url(), `${place}dashboard/`);
  const [cookie] = await page.context().cookies();
  assert.equal(cookie?.path, proxy.prefix);
  await finished(dashboard, "Seen from afar");
  await page.locator(".job-row", { hasText: "Seen from afar" }).click();
  await page.getByRole("heading", { name: "Seen from afar", level: 1 }).waitFor();
  assert.match(await page.title(), /^Jobs/);
  assert.ok(page.url().startsWith(`${place}dashboard/jobs/`));
  await page.reload();
  await page.getByRole("heading", { name: "Seen from afar", level: 1 }).waitFor();

  await page.getByRole("link", { name: "New" }).click();
  await page.getByLabel("Message").fill("Sent from afar");
  await page.getByRole("button", { name: "Start conversation" }).click();
  await page.getByRole("log").getByText("You said: Sent from afar").waitFor();
  await page.goto(`${place}dashboard`);
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  assert.deepEqual(elsewhere, []);

  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Command" }).fill("sign out of this browser");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Signed out" }).waitFor();
  assert.equal((await page.context().cookies()).length, 0);
});

test("lines for the terminal name the bridge itself", async () => {
  const page = await dashboard.page();
  const link = await dashboard.link();
  await page.goto(link.replace(`${dashboard.bridge.url}/`, place));
  await page.getByText(`curl -s '${dashboard.bridge.url}/approvals?status=pending'`).waitFor();
});
