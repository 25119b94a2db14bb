/** @import { WebviewPanel } from "vscode" */
/** @import { AppServer, Item } from "./appServer.mjs" */
/** @import { Journal } from "./journal.mjs" */

/** How long the panel waits before it tries again to resume a conversation that another process owns. */
const retryAfterMs = 1000;

/**
 * The tab of a conversation. Resumes the conversation, shows its messages live, and releases it when the tab
 * is closed.
 */
export class ConversationPanel {
  #conversationId;
  #webviewPanel;
  #appServer;
  #journal;
  #isOpen = true;
  /** The messages in the order of their first appearance. @type {Map<string, Item>} */
  #messages = new Map();

  /**
   * @param {string} conversationId
   * @param {WebviewPanel} webviewPanel
   * @param {AppServer} appServer
   * @param {Journal} journal
   */
  constructor(conversationId, webviewPanel, appServer, journal) {
    this.#conversationId = conversationId;
    this.#webviewPanel = webviewPanel;
    this.#appServer = appServer;
    this.#journal = journal;
  }

  /** Runs until the tab is closed. */
  async run() {
    const closed = new Promise((resolve) => this.#webviewPanel.onDidDispose(() => resolve(undefined)));
    void closed.then(() => (this.#isOpen = false));
    this.#show("opening");
    const stopListening = this.#appServer.listen((_method, params) => {
      if (params.threadId === this.#conversationId && params.item !== undefined) {
        this.#messages.set(params.item.id, params.item);
        this.#show("live");
      }
    });
    if (await this.#resume()) {
      await closed;
      await this.#appServer.call("thread/unsubscribe", { threadId: this.#conversationId });
    }
    stopListening();
    this.#journal.write({ event: "closed", conversationId: this.#conversationId });
  }

  /** @returns {Promise<boolean>} whether the conversation was resumed before the tab was closed */
  async #resume() {
    while (this.#isOpen) {
      try {
        const { thread } = await this.#appServer.call("thread/resume", { threadId: this.#conversationId });
        for (const turn of thread.turns) {
          for (const item of turn.items) {
            this.#messages.set(item.id, item);
          }
        }
        this.#journal.write({ event: "resumed", conversationId: this.#conversationId });
        this.#show("live");
        return true;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#journal.write({ event: "refused", conversationId: this.#conversationId, reason });
        this.#show("owned elsewhere");
        await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
      }
    }
    return false;
  }

  /** @param {"opening" | "live" | "owned elsewhere"} state */
  #show(state) {
    if (this.#isOpen) {
      const lines = [...this.#messages.values()].map(textOf).filter((text) => text !== "");
      this.#webviewPanel.webview.html =
        `<p id="state">${state}</p>` +
        lines.map((line) => `<p class="message">${escaped(line)}</p>`).join("");
    }
  }
}

/** @param {Item} item */
function textOf(item) {
  switch (item.type) {
    case "agentMessage":
      return item.text ?? "";
    case "userMessage":
      return (item.content ?? []).map((part) => part.text ?? "").join("\n");
    default:
      return "";
  }
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
