import * as vscode from "vscode";

import type { CodexBridgeApi } from "../api";
import type { Bridge } from "./addon";
import { ExtensionApi } from "./api";
import { Approvals } from "./approvals";
import { BridgeServer } from "./bridge";
import { BridgeClient } from "./client";
import { registerCommands, showProblem } from "./commands";
import { registerConversationCommands } from "./conversationCommands";
import { BridgeEvents } from "./events";
import { problemOf } from "./health";
import { revealConversation } from "./host";
import { autoStart, concernsBridge, tabTimeoutMs, workspaceFolders } from "./settings";
import { StatusBar } from "./statusBar";
import { registerViews } from "./views/views";

/** VS Code ends the extension host 5 s after it has asked for deactivation, whatever is still under way. */
const deactivateWithinMs = 4000;

let running: BridgeServer | undefined;

/**
 * Called by VS Code when a window has started. Returns at once; the server starts on its own time.
 *
 * @returns what other extensions get
 */
export function activate(context: vscode.ExtensionContext): CodexBridgeApi {
  const begun = performance.now();
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
  running = server;
  let before = server.state;

  context.subscriptions.push(
    log,
    statusBar,
    approvals,
    events,
    api,
    registerCommands(server, client, approvals, log),
    registerConversationCommands(client, showConversation),
    registerViews(server, client, events, approvals),
    approvals.onDidChange((waiting) => statusBar.showApprovals(waiting)),
    server.onDidChange((state) => {
      statusBar.show(state);
      if (state.kind === "failed") {
        log.error(state.message);
        void showProblem(vscode.l10n.t("Codex Bridge could not start: {0}", state.message), log);
      } else if (state.kind === "running" && before.kind === "starting") {
        showProblemOf(state.bridge, log).catch((error: unknown) => log.warn(String(error)));
      }
      before = state;
    }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (concernsBridge(change)) {
        void server.settle();
      }
    }),
    // The ChatGPT extension, which brings a Codex executable, may be installed, enabled or disabled while the window is open.
    vscode.extensions.onDidChange(() => void server.settle()),
    vscode.workspace.onDidChangeWorkspaceFolders(() => server.setWorkspaceFolders(workspaceFolders())),
  );

  statusBar.show(server.state);
  if (autoStart()) {
    void server.start();
  }
  log.info(`activated in ${(performance.now() - begun).toFixed(1)} ms`);
  return api.exported;
}

/** The server also runs without Codex, to tell its callers so. The person who has to install it should not have to ask. */
async function showProblemOf(bridge: Bridge, log: vscode.LogOutputChannel): Promise<void> {
  const problem = await problemOf(bridge);
  if (problem !== null) {
    await showProblem(problem, log);
  }
}

/** Called by VS Code before the window closes or reloads. */
export async function deactivate(): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeIsUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, deactivateWithinMs);
  });
  await Promise.race([running?.stop(), timeIsUp]);
  clearTimeout(timer);
  running = undefined;
}
