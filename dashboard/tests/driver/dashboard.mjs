import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { BridgeClient } from "../../../smoke-test/driver/bridge.mjs";
import { launchBrowser } from "../../../smoke-test/driver/browser.mjs";
import { ScriptedModel } from "../../../smoke-test/driver/model.mjs";
import { targetDirectory } from "../../../smoke-test/driver/repository.mjs";
import { Sandbox } from "../../../smoke-test/driver/sandbox.mjs";
import { prepareBrowser } from "../../../smoke-test/prepare.mjs";
import { BridgeProcess } from "./process.mjs";

/** @import { Browser, BrowserContextOptions, Page } from "playwright-core" */

/** Waiting for the page ends here; a machine may be busy with other tests. */
const patienceMs = 20_000;

/** A bridge with a scripted model behind the real Codex, and a browser. */
export class Dashboard {
  /** What the pages complained of. @type {string[]} */
  complaints = [];

  /**
   * @param {object} parts
   * @param {Sandbox} parts.sandbox
   * @param {ScriptedModel} parts.model
   * @param {BridgeProcess} parts.bridge
   * @param {Browser} parts.browser
   * @param {string | undefined} parts.token
   */
  constructor({ sandbox, model, bridge, browser, token }) {
    this.sandbox = sandbox;
    this.workspace = sandbox.workspace("shop");
    this.model = model;
    this.bridge = bridge;
    this.browser = browser;
    this.token = token;
  }

  /** @param {{ token?: string, arguments?: string[] }} [options] */
  static async start(options = {}) {
    const executable = await prepareBrowser((line) => console.error(line));
    const sandbox = new Sandbox();
    const model = await ScriptedModel.start(sandbox.codexHome);
    const bridge = await BridgeProcess.start(sandbox, sandbox.workspace("shop"), options);
    const browser = await launchBrowser(executable);
    return new Dashboard({ sandbox, model, bridge, browser, token: options.token });
  }

  /** The bridge for a program of the same user, which needs the token if there is one. */
  get api() {
    const { token } = this;
    return new BridgeClient(this.bridge.url, token === undefined ? {} : { Authorization: `Bearer ${token}` });
  }

  /** A new link, as `codex-bridge dashboard` prints it. */
  async link() {
    const { url } = await this.api.send("/dashboard/links", {});
    return /** @type {string} */ (url);
  }

  /**
   * A page in a browser of its own, which is signed in.
   *
   * @param {string} [path] below /dashboard
   * @param {BrowserContextOptions} [options]
   */
  async open(path = "/", options = {}) {
    const page = await this.page(options);
    await page.goto(await this.link());
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    if (path !== "/") {
      await this.visit(page, path);
    }
    return page;
  }

  /** @param {Page} page @param {string} path below /dashboard */
  async visit(page, path) {
    await page.goto(`${this.bridge.url}/dashboard${path}`);
    await page.locator("main h1").first().waitFor();
  }

  /**
   * A page in a browser of its own, which nobody knows yet. What it complains of fails the test at the end.
   *
   * @param {BrowserContextOptions} [options]
   */
  async page(options = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
    context.setDefaultTimeout(patienceMs);
    const page = await context.newPage();
    page.on("pageerror", (error) => this.complaints.push(`${page.url()}: ${error.stack ?? error}`));
    page.on("console", (message) => {
      // A refusal is a line of the browser's, too; the page shows it to the person.
      if (message.type() === "error" && !/Failed to load resource|net::ERR_/.test(message.text())) {
        this.complaints.push(`${page.url()}: ${message.text()}`);
      }
    });
    return page;
  }

  /** Ends all, and fails when a page complained. */
  async stop() {
    await this.browser.close();
    await this.bridge.stop();
    await this.model.stop();
    this.sandbox.remove();
    assert.deepEqual(this.complaints, []);
  }

  /** Pictures of what failed. @param {string} name */
  async picture(name) {
    const folder = join(targetDirectory, "dashboard-test");
    mkdirSync(folder, { recursive: true });
    const pages = this.browser.contexts().flatMap((context) => context.pages());
    for (const [index, page] of pages.entries()) {
      const path = join(folder, `${name.replaceAll(/[^\w]+/g, "-")}-${index}.png`);
      await page.screenshot({ path }).catch((reason) => console.error(reason));
      console.error(`The page at the failure: ${path} (${page.url()})`);
    }
  }
}
