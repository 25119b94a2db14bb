import * as vscode from "vscode";

import type { ServerState } from "./bridge";

/** The item in the status bar; a click on it shows the status. */
export class StatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem("codexBridge.status", vscode.StatusBarAlignment.Right);

  constructor() {
    this.#item.name = "Codex Bridge";
    this.#item.command = "codexBridge.showStatus";
    this.#item.show();
  }

  /** Shows what the server is doing. */
  show(state: ServerState): void {
    this.#item.backgroundColor =
      state.kind === "failed" ? new vscode.ThemeColor("statusBarItem.errorBackground") : undefined;
    switch (state.kind) {
      case "stopped":
        this.#set("$(circle-slash) Codex Bridge", "Codex Bridge is stopped.");
        break;
      case "starting":
        this.#set("$(loading~spin) Codex Bridge", "Codex Bridge is starting.");
        break;
      case "running": {
        const { url } = state.bridge;
        const { runningJobs } = state;
        const jobs = runningJobs === 1 ? "1 running job" : `${runningJobs} running jobs`;
        const counter = runningJobs === 0 ? "" : ` $(sync~spin) ${runningJobs}`;
        this.#set(`$(plug) Codex Bridge ${url.split(":").at(-1)}${counter}`, `Codex Bridge at ${url}: ${jobs}.`);
        break;
      }
      case "failed":
        this.#set("$(error) Codex Bridge", `Codex Bridge could not start: ${state.message}`);
        break;
    }
  }

  dispose(): void {
    this.#item.dispose();
  }

  #set(text: string, tooltip: string): void {
    this.#item.text = text;
    this.#item.tooltip = tooltip;
  }
}
