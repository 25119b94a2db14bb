import * as vscode from "vscode";

import type { ServerState } from "./bridge";

/**
 * The status bar items. One shows the state of the server, and a click on it shows the status. The other
 * shows the number of pending approvals, if there are any, and a click on it lists them.
 */
export class StatusBar implements vscode.Disposable {
  readonly #serverItem = vscode.window.createStatusBarItem(
    "codexBridge.status",
    vscode.StatusBarAlignment.Right,
  );
  readonly #approvalsItem = vscode.window.createStatusBarItem(
    "codexBridge.approvals",
    vscode.StatusBarAlignment.Right,
  );

  constructor() {
    this.#approvalsItem.name = vscode.l10n.t("Codex Approvals");
    this.#approvalsItem.command = "codexBridge.showApprovals";
    this.#approvalsItem.backgroundColor = new vscode.ThemeColor("statusBarItem.warningBackground");
    this.#serverItem.name = "Codex Bridge";
    this.#serverItem.command = "codexBridge.showStatus";
    this.#serverItem.show();
  }

  /** Shows the state of the server. */
  show(state: ServerState): void {
    this.#serverItem.backgroundColor =
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

  /** Shows the number of pending approvals. */
  showApprovals(pendingCount: number): void {
    const approvals =
      pendingCount === 1 ? vscode.l10n.t("1 approval") : vscode.l10n.t("{0} approvals", pendingCount);
    this.#approvalsItem.text = `$(bell-dot) ${approvals}`;
    this.#approvalsItem.tooltip = vscode.l10n.t("Codex is waiting for {0}. Click to review.", approvals);
    if (pendingCount > 0) {
      this.#approvalsItem.show();
    } else {
      this.#approvalsItem.hide();
    }
  }

  dispose(): void {
    this.#approvalsItem.dispose();
    this.#serverItem.dispose();
  }

  #set(text: string, tooltip: string): void {
    this.#serverItem.text = text;
    this.#serverItem.tooltip = tooltip;
  }
}
