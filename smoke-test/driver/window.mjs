import { BridgeClient } from "./bridge.mjs";
import { eventually } from "./eventually.mjs";

/** @import { Page } from "playwright-core" */
/** @import { DiscoveryEntry, Sandbox } from "./sandbox.mjs" */

/**
 * The maximum time for a bridge to start. An extension host takes seconds to start, and more on a busy
 * machine.
 */
const bridgeTimeoutMs = 60_000;

/** A VS Code window in a browser, used the way a user does. */
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

  /** Returns the entry of this window's bridge in the discovery directory, if there is one. */
  discovered() {
    return this.#sandbox.discovered().find(({ workspaceFolders }) => workspaceFolders.includes(this.folder));
  }

  /**
   * Waits until the bridge of this window is serving.
   *
   * @param {(entry: DiscoveryEntry) => boolean} [isExpected] tells a new bridge from a stopping one
   */
  async waitForBridge(isExpected = () => true) {
    return eventually(
      `the bridge of ${this.folder} is serving`,
      async () => {
        const entry = this.discovered();
        return entry && isExpected(entry) && (await new BridgeClient(entry.url).isServing())
          ? entry
          : undefined;
      },
      { withinMs: bridgeTimeoutMs },
    );
  }

  /** Returns a client of this window's bridge. */
  get bridge() {
    const entry = this.discovered();
    if (entry === undefined) {
      throw new Error(`The discovery directory contains no bridge of ${this.folder}.`);
    }
    return new BridgeClient(entry.url);
  }

  /**
   * Runs a command through the Command Palette.
   *
   * @param {string} title the title of the command in the palette
   */
  async runCommand(title) {
    const palette = this.page.locator(".quick-input-widget");
    // The palette closes if something else takes the focus, such as the editor behind a closing dialog. Then
    // try again.
    await eventually(`the Command Palette runs ${title}`, async () => {
      await this.page.keyboard.press("F1");
      await palette.locator("input").fill(`>${title}`, { timeout: 1000 });
      await palette.getByRole("option", { name: title }).first().click({ timeout: 1000 });
      return true;
    });
    // Some commands reuse the input of the palette.
    await eventually(
      `the Command Palette has closed for ${title}`,
      async () => (await palette.isHidden()) || !(await this.input.inputValue()).startsWith(">"),
    );
  }

  /** The text field of the Command Palette, quick picks and input boxes. */
  get input() {
    return this.page.locator(".quick-input-widget").locator("input[type=text]");
  }

  /**
   * Fills in an input box and confirms it.
   *
   * @param {string} text
   */
  async answerInput(text) {
    // A preceding quick pick may still be closing.
    await this.page
      .locator(".quick-input-widget", { hasNot: this.page.locator(".quick-input-list .monaco-list-row") })
      .waitFor();
    await this.input.fill(text);
    await this.page.keyboard.press("Enter");
  }

  /**
   * Picks an entry of the open quick pick.
   *
   * @param {string} search the text to type first
   * @param {RegExp} text matches the entry
   */
  async pick(search, text) {
    await this.input.fill(search);
    const entry = this.page.locator(".quick-input-list").getByRole("option", { name: text }).first();
    await entry.waitFor();
    // Search results may replace the list in the moment of the click.
    await eventually(`the entry ${text} is picked`, async () => {
      if (await entry.isVisible()) {
        await entry.click({ timeout: 1000 });
      }
      return entry.isHidden();
    });
  }

  /** @param {string} name the name of a file in the folder of the window */
  async openFile(name) {
    await this.runCommand("Go to File...");
    await this.pick(name, new RegExp(name));
    await this.tab(name).waitFor();
  }

  /**
   * Selects the whole text of the open file. The editor takes the keys only once it has loaded the text and
   * has the focus. The status bar shows how many characters are selected.
   */
  async selectAll() {
    const selected = this.page.locator(".statusbar-item", { hasText: /\(\d+ selected\)/ });
    await eventually("the text of the file is selected", async () => {
      await this.page.locator(".editor-instance .view-line").first().click({ timeout: 1000 });
      await this.page.keyboard.press("Control+A");
      await selected.waitFor({ timeout: 1000 });
      return true;
    });
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
   * Waits until a notification is visible and returns it. If several arrive within a second, VS Code shows
   * some of them only in the notification center, which this method then opens.
   *
   * @param {string | RegExp} text
   */
  async shownNotification(text) {
    const notification = this.notification(text);
    await eventually(`the notification ${text} is visible`, async () => {
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

  /** @param {string} title the title of an editor tab */
  tab(title) {
    return this.page.getByRole("tab", { name: title });
  }

  /** The content that the stand-in shows in the active tab. */
  get panel() {
    return this.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame").locator("body");
  }

  /**
   * Reloads the window with the command, as a user does. Reloading the page early in the life of a window
   * would leave the old extension host behind.
   */
  async reload() {
    const title = "Developer: Reload Window";
    const palette = this.page.locator(".quick-input-widget");
    await eventually(`the Command Palette offers ${title}`, async () => {
      await this.page.keyboard.press("F1");
      await palette.locator("input").fill(`>${title}`, { timeout: 1000 });
      await palette.getByRole("option", { name: title }).first().waitFor({ timeout: 1000 });
      return true;
    });
    // Press Enter only once, because the page disappears.
    await Promise.all([this.page.waitForEvent("load"), this.page.keyboard.press("Enter")]);
  }

  async close() {
    await this.page.close({ runBeforeUnload: false });
  }
}
