// The dashboard below a path of another server.

import assert from "node:assert/strict";
import { after } from "node:test";

import { PrefixProxy } from "../driver/proxy.mjs";
import { runConversation } from "../driver/story.mjs";
import { topic } from "../driver/topic.mjs";

const proxy = new PrefixProxy();
const origin = await proxy.start();
after(() => proxy.stop());
const { dashboard, test } = await topic({ arguments: ["--allow-origin", origin] });
proxy.target = dashboard.bridge.url;
const proxied = origin + proxy.prefix;

test("sign-in, pages, live events and actions work below a path of another server", async () => {
  const page = await dashboard.page();
  /** @type {string[]} */
  const otherRequests = [];
  page.on("request", (request) => !request.url().startsWith(proxied) && otherRequests.push(request.url()));
  await page.goto(`${proxied}dashboard/jobs`);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();

  const link = await dashboard.link();
  await page.goto(link.replace(`${dashboard.bridge.url}/`, proxied));
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  assert.equal(page.url(), `${proxied}dashboard/`);
  const [cookie] = await page.context().cookies();
  assert.equal(cookie?.path, proxy.prefix);
  await runConversation(dashboard, "Seen through the proxy");
  await page.locator(".job-row", { hasText: "Seen through the proxy" }).click();
  await page.getByRole("heading", { name: "Seen through the proxy", level: 1 }).waitFor();
  assert.match(await page.title(), /^Jobs/);
  assert.ok(page.url().startsWith(`${proxied}dashboard/jobs/`));
  await page.reload();
  await page.getByRole("heading", { name: "Seen through the proxy", level: 1 }).waitFor();

  await page.getByRole("link", { name: "New" }).click();
  await page.getByLabel("Message").fill("Sent through the proxy");
  await page.getByRole("button", { name: "Start conversation" }).click();
  await page.getByRole("log").getByText("You said: Sent through the proxy").waitFor();
  await page.goto(`${proxied}dashboard`);
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  assert.deepEqual(otherRequests, []);

  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Command" }).fill("sign out of this browser");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Signed out" }).waitFor();
  assert.equal((await page.context().cookies()).length, 0);
});

test("terminal commands use the bridge's own URL", async () => {
  const page = await dashboard.page();
  const link = await dashboard.link();
  await page.goto(link.replace(`${dashboard.bridge.url}/`, proxied));
  await page.getByText(`curl -s '${dashboard.bridge.url}/approvals?status=pending'`).waitFor();
});
