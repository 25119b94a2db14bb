import * as vscode from "vscode";

import type { CodexBridgeApi } from "../api";
import type { Bridge } from "./addon";
import { ExtensionApi } from "./api";
import { Approvals } from "./approvals";
import { BridgeServer } from "./bridge";
import { BridgeClient } from "./client";
import { registerCommands, showProblem } from "./commands";
import { registerConversationCommands } from "./conversationCommands";
import { revealConversation } from "./conversationTabs";
import { BridgeEvents } from "./events";
import { findProblem } from "./health";
import { affectsBridge, autoStart, tabTimeoutMs, workspaceFolders } from "./settings";
import { StatusBar } from "./statusBar";
import { registerViews } from "./views/views";

/**
 * The maximum time to wait for the server to stop. VS Code ends the extension host 5 s after it has requested
 * deactivation, finished or not.
 */
const deactivateTimeoutMs = 4000;

let activeServer: BridgeServer | undefined;

/**
 * Called by VS Code after a window has started. Returns immediately; the server starts in the background.
 *
 * @returns the API for other extensions
 */
export function activate(context: vscode.ExtensionContext): CodexBridgeApi {
  const startedAt = performance.now();
  const log = vscode.window.createOutputChannel("Codex Bridge", { log: true });
  const statusBar = new StatusBar();
  const showConversation = (conversationId: string): Promise<unknown> =>
    revealConversation({ conversationId, timeoutMs: tabTimeoutMs() });
  const openDashboard = (): void => void vscode.commands.executeCommand("codexBridge.openDashboard");
  const approvals = new Approvals(log, { showConversation, openDashboard });
  const server = new BridgeServer(context, log, approvals);
  const events = new BridgeEvents(server, log);
  const client = new BridgeClient(server, events);
  const api = new ExtensionApi(server, client, events, log);
  activeServer = server;
  let previous = server.state;

  context.subscriptions.push(
    log,
    statusBar,
    approvals,
    events,
    api,
    registerCommands(server, client, approvals, log),
    registerConversationCommands(client, showConversation),
    registerViews(server, client, events, approvals),
    approvals.onDidChange((pendingCount) => statusBar.showApprovals(pendingCount)),
    server.onDidChange((state) => {
      statusBar.show(state);
      if (state.kind === "failed") {
        log.error(state.message);
        void showProblem(vscode.l10n.t("Codex Bridge could not start: {0}", state.message), log);
      } else if (state.kind === "running" && previous.kind === "starting") {
        showCodexProblem(state.bridge, log).catch((error: unknown) => log.warn(String(error)));
      }
      previous = state;
    }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (affectsBridge(change)) {
        void server.reconcile();
      }
    }),
    // The ChatGPT extension brings a Codex executable. It may be installed, enabled or disabled while the
    // window is open.
    vscode.extensions.onDidChange(() => void server.reconcile()),
    vscode.workspace.onDidChangeWorkspaceFolders(() => server.setWorkspaceFolders(workspaceFolders())),
  );

  statusBar.show(server.state);
  if (autoStart()) {
    void server.start();
  }
  log.info(`activated in ${(performance.now() - startedAt).toFixed(1)} ms`);
  return api.exported;
}

/**
 * Shows the user why Codex cannot be used, if it cannot. The server starts without Codex as well, so that its
 * clients get the reason. The user, who has to install Codex, should not have to ask for it.
 */
async function showCodexProblem(bridge: Bridge, log: vscode.LogOutputChannel): Promise<void> {
  const problem = await findProblem(bridge);
  if (problem !== null) {
    await showProblem(problem, log);
  }
}

/** Called by VS Code before the window closes or reloads. */
export async function deactivate(): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, deactivateTimeoutMs);
  });
  await Promise.race([activeServer?.stop(), timeout]);
  clearTimeout(timer);
  activeServer = undefined;
}
