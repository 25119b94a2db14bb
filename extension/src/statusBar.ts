import * as vscode from "vscode";

import type { ServerState } from "./bridge";

/**
 * The items in the status bar: what the server does, a click on which shows the status, and while questions of Codex wait for the
 * person their number, a click on which lists them.
 */
export class StatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem("codexBridge.status", vscode.StatusBarAlignment.Right);
  readonly #approvals = vscode.window.createStatusBarItem(
    "codexBridge.approvals",
    vscode.StatusBarAlignment.Right,
  );

  constructor() {
    this.#approvals.name = vscode.l10n.t("Codex Approvals");
    this.#approvals.command = "codexBridge.showApprovals";
    this.#approvals.backgroundColor = new vscode.ThemeColor("statusBarItem.warningBackground");
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
        this.#set("$(circle-slash) Codex Bridge", vscode.l10n.t("Codex Bridge is stopped."));
        break;
      case "starting":
        this.#set("$(loading~spin) Codex Bridge", vscode.l10n.t("Codex Bridge is starting."));
        break;
      case "running": {
        const { url } = state.bridge;
        const { runningJobs } = state;
        const jobs =
          runningJobs === 1 ? vscode.l10n.t("1 running job") : vscode.l10n.t("{0} running jobs", runningJobs);
        const counter = runningJobs === 0 ? "" : ` $(sync~spin) ${runningJobs}`;
        this.#set(
          `$(plug) Codex Bridge ${url.split(":").at(-1)}${counter}`,
          vscode.l10n.t("Codex Bridge at {0}: {1}.", url, jobs),
        );
        break;
      }
      case "failed":
        this.#set("$(error) Codex Bridge", vscode.l10n.t("Codex Bridge could not start: {0}", state.message));
        break;
    }
  }

  /** Shows the number of questions that wait for the person. */
  showApprovals(waiting: number): void {
    const approvals = waiting === 1 ? vscode.l10n.t("1 approval") : vscode.l10n.t("{0} approvals", waiting);
    this.#approvals.text = `$(bell-dot) ${approvals}`;
    this.#approvals.tooltip = vscode.l10n.t("Codex waits for {0}. Click to decide.", approvals);
    if (waiting > 0) {
      this.#approvals.show();
    } else {
      this.#approvals.hide();
    }
  }

  dispose(): void {
    this.#approvals.dispose();
    this.#item.dispose();
  }

  #set(text: string, tooltip: string): void {
    this.#item.text = text;
    this.#item.tooltip = tooltip;
  }
}
