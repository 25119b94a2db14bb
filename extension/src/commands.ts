import * as vscode from "vscode";

import type { Approvals } from "./approvals";
import type { BridgeServer, ServerState } from "./bridge";
import { healthText } from "./health";
import { section } from "./settings";

/** Registers what the Command Palette offers under "Codex Bridge". */
export function registerCommands(
  server: BridgeServer,
  approvals: Approvals,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand("codexBridge.start", async () => {
      await server.start();
      if (server.state.kind === "running") {
        void vscode.window.showInformationMessage(`Codex Bridge is running at ${server.state.bridge.url}.`);
      }
    }),
    vscode.commands.registerCommand("codexBridge.stop", async () => {
      await server.stop();
      void vscode.window.showInformationMessage("Codex Bridge is stopped.");
    }),
    vscode.commands.registerCommand("codexBridge.openDashboard", () => openDashboard(server, log)),
    vscode.commands.registerCommand("codexBridge.showStatus", () => showStatus(server.state, log)),
    vscode.commands.registerCommand("codexBridge.showApprovals", () => approvals.list()),
  );
}

/** Tells the person what went wrong, and offers the places where it can be put right. */
export async function showProblem(message: string, log: vscode.LogOutputChannel): Promise<void> {
  await followUp(await vscode.window.showErrorMessage(message, showLog, openSettings), log);
}

const showLog = "Show Log";
const openSettings = "Open Settings";
const copyUrl = "Copy URL";

/** Opens the dashboard in a browser, which a one-time link signs in. */
async function openDashboard(server: BridgeServer, log: vscode.LogOutputChannel): Promise<void> {
  await server.start();
  if (server.state.kind !== "running") {
    await showStatus(server.state, log);
    return;
  }
  const { body } = await server.state.bridge.request("POST", "/dashboard/links");
  if (typeof body?.url === "string") {
    await vscode.env.openExternal(vscode.Uri.parse(body.url));
  } else {
    await showProblem(`The dashboard cannot be opened: ${String(body?.error)}`, log);
  }
}

async function showStatus(state: ServerState, log: vscode.LogOutputChannel): Promise<void> {
  switch (state.kind) {
    case "stopped": {
      const start = "Start Server";
      const choice = await vscode.window.showInformationMessage("Codex Bridge is stopped.", { modal: true }, start);
      if (choice === start) {
        await vscode.commands.executeCommand("codexBridge.start");
      }
      break;
    }
    case "starting":
      void vscode.window.showInformationMessage("Codex Bridge is starting.");
      break;
    case "failed":
      await showProblem(`Codex Bridge could not start: ${state.message}`, log);
      break;
    case "running": {
      const { url } = state.bridge;
      const detail = await healthText(state.bridge);
      const choice = await vscode.window.showInformationMessage(
        "Codex Bridge is running",
        { modal: true, detail },
        copyUrl,
        showLog,
        openSettings,
      );
      if (choice === copyUrl) {
        await vscode.env.clipboard.writeText(url);
      }
      await followUp(choice, log);
      break;
    }
  }
}

async function followUp(choice: string | undefined, log: vscode.LogOutputChannel): Promise<void> {
  if (choice === showLog) {
    log.show();
  } else if (choice === openSettings && vscode.env.remoteName === undefined) {
    await vscode.commands.executeCommand("workbench.action.openSettings", section);
  } else if (choice === openSettings) {
    // Settings of machine scope belong to the machine that runs the extension; the page of the person's own has none of them.
    await vscode.commands.executeCommand("workbench.action.openRemoteSettings", { query: section });
  }
}
