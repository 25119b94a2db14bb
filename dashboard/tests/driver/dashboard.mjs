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

/** The timeout of page operations. It is generous because other tests may keep the machine busy. */
const timeoutMs = 20_000;

/** A bridge with the real Codex, a scripted model behind it, and a browser. */
export class Dashboard {
  /** Errors that pages threw or logged. @type {string[]} */
  pageErrors = [];

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

  /** Returns a client of the bridge's API for a program of the same user. */
  get api() {
    const { token } = this;
    return new BridgeClient(this.bridge.url, token === undefined ? {} : { Authorization: `Bearer ${token}` });
  }

  /** Returns a new sign-in link, as `codex-bridge dashboard` prints it. */
  async link() {
    const { url } = await this.api.send("/dashboard/links", {});
    return /** @type {string} */ (url);
  }

  /**
   * Opens a page in a new browser context and signs it in.
   *
   * @param {string} [path] relative to /dashboard
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

  /**
   * Navigates to a path and waits for its heading.
   *
   * @param {Page} page
   * @param {string} path relative to /dashboard
   */
  async visit(page, path) {
    await page.goto(`${this.bridge.url}/dashboard${path}`);
    await page.locator("main h1").first().waitFor();
  }

  /**
   * Creates a page in a new browser context that is not signed in. Its errors make `stop` fail.
   *
   * @param {BrowserContextOptions} [options]
   */
  async page(options = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
    context.setDefaultTimeout(timeoutMs);
    const page = await context.newPage();
    page.on("pageerror", (error) => this.pageErrors.push(`${page.url()}: ${error.stack ?? error}`));
    page.on("console", (message) => {
      // The browser also logs every error reply. The page shows those to the user.
      if (message.type() === "error" && !/Failed to load resource|net::ERR_/.test(message.text())) {
        this.pageErrors.push(`${page.url()}: ${message.text()}`);
      }
    });
    return page;
  }

  /** Stops all processes. Fails if a page threw or logged an error. */
  async stop() {
    await this.browser.close();
    await this.bridge.stop();
    await this.model.stop();
    this.sandbox.remove();
    assert.deepEqual(this.pageErrors, []);
  }

  /** Takes a screenshot of every open page. @param {string} name */
  async takeScreenshots(name) {
    const directory = join(targetDirectory, "dashboard-test");
    mkdirSync(directory, { recursive: true });
    const pages = this.browser.contexts().flatMap((context) => context.pages());
    for (const [index, page] of pages.entries()) {
      const path = join(directory, `${name.replaceAll(/[^\w]+/g, "-")}-${index}.png`);
      await page.screenshot({ path }).catch((reason) => console.error(reason));
      console.error(`Screenshot of the failure: ${path} (${page.url()})`);
    }
  }
}
