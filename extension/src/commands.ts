import * as vscode from "vscode";

import type { Approvals } from "./approvals";
import type { BridgeServer, ServerState } from "./bridge";
import type { BridgeClient } from "./client";
import { openDashboard } from "./dashboard";
import { runDoctor } from "./doctor";
import { errorMessage } from "./format";
import { healthText } from "./health";
import { authToken, openSettings } from "./settings";

/** Registers the commands for the server and for approvals. */
export function registerCommands(
  server: BridgeServer,
  client: BridgeClient,
  approvals: Approvals,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand("codexBridge.start", async () => {
      await server.start();
      if (server.state.kind === "running") {
        void vscode.window.showInformationMessage(
          vscode.l10n.t("Codex Bridge is running at {0}.", server.state.bridge.url),
        );
      }
    }),
    vscode.commands.registerCommand("codexBridge.stop", async () => {
      await server.stop();
      void vscode.window.showInformationMessage(vscode.l10n.t("Codex Bridge is stopped."));
    }),
    vscode.commands.registerCommand("codexBridge.showStatus", () => showStatus(server.state, log)),
    vscode.commands.registerCommand("codexBridge.showLog", () => log.show()),
    vscode.commands.registerCommand("codexBridge.openSettings", () => openSettings()),
    vscode.commands.registerCommand("codexBridge.doctor", () => runDoctor(server, client)),
    vscode.commands.registerCommand("codexBridge.openDashboard", async () => {
      try {
        await openDashboard(client);
      } catch (error) {
        void vscode.window.showErrorMessage(errorMessage(error));
      }
    }),
    vscode.commands.registerCommand("codexBridge.copyUrl", () => copyUrl(server.state)),
    vscode.commands.registerCommand("codexBridge.copyToken", () => copyToken()),
    vscode.commands.registerCommand("codexBridge.showApprovals", () => approvals.list()),
    vscode.commands.registerCommand("codexBridge.approvePending", () => approvals.approve()),
    vscode.commands.registerCommand("codexBridge.denyPending", () => approvals.deny()),
    vscode.commands.registerCommand("codexBridge.reviewApproval", ({ approvalId }: { approvalId: string }) =>
      approvals.review(approvalId),
    ),
  );
}

/** Shows an error with buttons for the log and the settings. */
export async function showProblem(message: string, log: vscode.LogOutputChannel): Promise<void> {
  const { showLog, settings } = labels();
  await handleChoice(await vscode.window.showErrorMessage(message, showLog, settings), log);
}

function labels(): { readonly showLog: string; readonly settings: string; readonly copy: string } {
  return {
    showLog: vscode.l10n.t("Show Log"),
    settings: vscode.l10n.t("Open Settings"),
    copy: vscode.l10n.t("Copy URL"),
  };
}

async function showStatus(state: ServerState, log: vscode.LogOutputChannel): Promise<void> {
  switch (state.kind) {
    case "stopped":
      await offerStart();
      break;
    case "starting":
      void vscode.window.showInformationMessage(vscode.l10n.t("Codex Bridge is starting."));
      break;
    case "failed":
      await showProblem(vscode.l10n.t("Codex Bridge could not start: {0}", state.message), log);
      break;
    case "running": {
      const { copy, showLog, settings } = labels();
      const options = { modal: true, detail: await healthText(state.bridge) };
      const title = vscode.l10n.t("Codex Bridge is running");
      const choice = await vscode.window.showInformationMessage(title, options, copy, showLog, settings);
      if (choice === copy) {
        await vscode.env.clipboard.writeText(state.bridge.url);
      }
      await handleChoice(choice, log);
      break;
    }
  }
}

async function offerStart(): Promise<void> {
  const start = vscode.l10n.t("Start Server");
  const title = vscode.l10n.t("Codex Bridge is stopped.");
  if ((await vscode.window.showInformationMessage(title, { modal: true }, start)) === start) {
    await vscode.commands.executeCommand("codexBridge.start");
  }
}

async function handleChoice(choice: string | undefined, log: vscode.LogOutputChannel): Promise<void> {
  const { showLog, settings } = labels();
  if (choice === showLog) {
    log.show();
  } else if (choice === settings) {
    await openSettings();
  }
}

/** Copies the URL of the API, as programs on the machine that runs the extension use it. */
async function copyUrl(state: ServerState): Promise<void> {
  if (state.kind !== "running") {
    await offerStart();
    return;
  }
  await vscode.env.clipboard.writeText(state.bridge.url);
  void vscode.window.showInformationMessage(vscode.l10n.t("Copied {0}.", state.bridge.url));
}

async function copyToken(): Promise<void> {
  const token = authToken();
  if (token === undefined) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t("No token is set. Programs that run as your own user need none."),
    );
    return;
  }
  await vscode.env.clipboard.writeText(token);
  void vscode.window.showInformationMessage(
    vscode.l10n.t("The token was copied. Anyone who has it can run Codex as you."),
  );
}
