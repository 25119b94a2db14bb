import { BridgeClient } from "./bridge.mjs";
import { eventually } from "./eventually.mjs";

/** @import { Page } from "playwright-core" */
/** @import { DiscoveryEntry, Sandbox } from "./sandbox.mjs" */

/** An extension host takes some seconds to start, more on a busy machine. */
const windowWithinMs = 60_000;

/** One VS Code window in a browser, used as a person uses it. */
export class Window {
  #sandbox;

  /**
   * @param {Page} page
   * @param {string} folder the folder that is open in the window
   * @param {Sandbox} sandbox
   */
  constructor(page, folder, sandbox) {
    this.page = page;
    this.folder = folder;
    this.#sandbox = sandbox;
  }

  /** The entry of this window's bridge in the discovery folder, if it has one. */
  discovered() {
    return this.#sandbox.discovered().find(({ workspaceFolders }) => workspaceFolders.includes(this.folder));
  }

  /**
   * Waits until the bridge of this window serves.
   *
   * @param {(entry: DiscoveryEntry) => boolean} [isWanted] tells a new bridge from one that is about to go
   */
  async waitForBridge(isWanted = () => true) {
    return eventually(
      `the bridge of ${this.folder} serves`,
      async () => {
        const entry = this.discovered();
        return entry && isWanted(entry) && (await new BridgeClient(entry.url).isServing())
          ? entry
          : undefined;
      },
      { withinMs: windowWithinMs },
    );
  }

  /** A client of this window's bridge. */
  get bridge() {
    const entry = this.discovered();
    if (entry === undefined) {
      throw new Error(`No bridge of ${this.folder} is in the discovery folder.`);
    }
    return new BridgeClient(entry.url);
  }

  /**
   * Runs a command through the Command Palette.
   *
   * @param {string} title as the palette shows it
   */
  async runCommand(title) {
    const palette = this.page.locator(".quick-input-widget");
    // The palette closes when something else takes the focus, such as an editor behind a dialog that is just closing.
    await eventually(`the Command Palette runs ${title}`, async () => {
      await this.page.keyboard.press("F1");
      await palette.locator("input").fill(`>${title}`, { timeout: 1000 });
      await palette.getByRole("option", { name: title }).first().click({ timeout: 1000 });
      return true;
    });
    // Some commands go on to ask in the same place.
    await eventually(
      `the Command Palette has closed over ${title}`,
      async () => (await palette.isHidden()) || !(await this.input.inputValue()).startsWith(">"),
    );
  }

  /** The field of the Command Palette, of lists and of questions. */
  get input() {
    return this.page.locator(".quick-input-widget").locator("input[type=text]");
  }

  /**
   * Answers a question that asks for a text.
   *
   * @param {string} text
   */
  async answerInput(text) {
    // The list before it may still be closing.
    await this.page
      .locator(".quick-input-widget", { hasNot: this.page.locator(".quick-input-list .monaco-list-row") })
      .waitFor();
    await this.input.fill(text);
    await this.page.keyboard.press("Enter");
  }

  /**
   * Picks an entry of the list that is open.
   *
   * @param {string} search what to type first
   * @param {RegExp} text of the entry
   */
  async pick(search, text) {
    await this.input.fill(search);
    const entry = this.page.locator(".quick-input-list").getByRole("option", { name: text }).first();
    await entry.waitFor();
    // The list may be replaced, by what a search has found, in the moment of a click.
    await eventually(`the entry ${text} is picked`, async () => {
      if (await entry.isVisible()) {
        await entry.click({ timeout: 1000 });
      }
      return entry.isHidden();
    });
  }

  /** @param {string} name of a file in the window's folder */
  async openFile(name) {
    await this.runCommand("Go to File...");
    await this.pick(name, new RegExp(name));
    await this.tab(name).waitFor();
  }

  /** The bridge's item in the status bar. */
  get statusBarItem() {
    return this.page.locator(".statusbar-item", { hasText: "Codex Bridge" });
  }

  /** The modal dialog that is open. */
  get dialog() {
    return this.page.locator(".monaco-dialog-box");
  }

  /** @param {string | RegExp} text */
  notification(text) {
    return this.page.locator(".notification-list-item", { hasText: text });
  }

  /**
   * A notification, once it is visible. Of several that come within a second VS Code shows some only in its list, which this
   * opens then.
   *
   * @param {string | RegExp} text
   */
  async shownNotification(text) {
    const notification = this.notification(text);
    await eventually(`the notification ${text} is there`, async () => {
      if (!(await notification.isVisible())) {
        await this.runCommand("Notifications: Show Notifications");
      }
      return notification.isVisible();
    });
    return notification;
  }

  async clearNotifications() {
    await this.runCommand("Notifications: Clear All Notifications");
  }

  /** @param {string} title of an editor tab */
  tab(title) {
    return this.page.getByRole("tab", { name: title });
  }

  /** What the stand-in shows in the tab that is in front. */
  get panel() {
    return this.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame").locator("body");
  }

  /** As a person does it. A reload of the bare page, early in the window's life, would leave the old extension host behind. */
  async reload() {
    const title = "Developer: Reload Window";
    const palette = this.page.locator(".quick-input-widget");
    await eventually(`the Command Palette offers ${title}`, async () => {
      await this.page.keyboard.press("F1");
      await palette.locator("input").fill(`>${title}`, { timeout: 1000 });
      await palette.getByRole("option", { name: title }).first().waitFor({ timeout: 1000 });
      return true;
    });
    // Not tried again: the page goes away under it.
    await Promise.all([this.page.waitForEvent("load"), this.page.keyboard.press("Enter")]);
  }

  async close() {
    await this.page.close({ runBeforeUnload: false });
  }
}
