import * as vscode from "vscode";

import type { Check } from "../api";
import type { BridgeServer } from "./bridge";
import type { BridgeClient } from "./client";
import { chatgptExtensionId } from "./conversationTabs";
import { errorMessage } from "./format";
import { plain } from "./plainText";

const textMax = 500;

interface Entry extends vscode.QuickPickItem {
  /** The command that fixes the problem. */
  readonly command?: string;
}

/**
 * Checks the setup and shows the results with advice: first the server of this window, then the checks of the
 * server.
 */
export async function runDoctor(server: BridgeServer, client: BridgeClient): Promise<void> {
  const title = vscode.l10n.t("Codex Bridge Doctor");
  const entries = runChecks(server, client).catch((error: unknown): Entry[] => [
    entry({ name: vscode.l10n.t("API"), status: "bad", finding: errorMessage(error), advice: "" }),
  ]);
  const placeHolder = vscode.l10n.t("Select a problem to fix it");
  const options = { title, placeHolder, matchOnDescription: true, matchOnDetail: true, ignoreFocusOut: true };
  const picked = await vscode.window.showQuickPick(entries, options);
  if (picked?.command !== undefined) {
    await vscode.commands.executeCommand(picked.command);
  }
}

async function runChecks(server: BridgeServer, client: BridgeClient): Promise<Entry[]> {
  await server.reconcile();
  const entries = [serverEntry(server), extensionEntry()];
  if (server.state.kind === "running") {
    const { checks } = (await client.request("GET", "/system")) as { checks: Check[] };
    entries.push(...checks.map(entry));
  }
  return [
    ...entries,
    { label: "", kind: vscode.QuickPickItemKind.Separator },
    { label: `$(output) ${vscode.l10n.t("Show Log")}`, command: "codexBridge.showLog" },
    { label: `$(gear) ${vscode.l10n.t("Open Settings")}`, command: "codexBridge.openSettings" },
  ];
}

function serverEntry({ state }: BridgeServer): Entry {
  const name = vscode.l10n.t("Server");
  if (state.kind === "running") {
    return entry({
      name,
      status: "good",
      finding: vscode.l10n.t("running at {0}", state.bridge.url),
      advice: null,
    });
  }
  const failed = state.kind === "failed";
  const finding = failed ? state.message : vscode.l10n.t("not running");
  const advice = vscode.l10n.t("Select this entry to start the server.");
  return {
    ...entry({ name, status: failed ? "bad" : "warning", finding, advice }),
    command: "codexBridge.start",
  };
}

function extensionEntry(): Entry {
  const name = vscode.l10n.t("ChatGPT extension");
  const extension = vscode.extensions.getExtension(chatgptExtensionId);
  if (extension === undefined) {
    const finding = vscode.l10n.t(
      "not installed, or not enabled in this window, so conversations cannot be shown",
    );
    const advice = vscode.l10n.t(
      "Install or enable {0}. Select this entry to open the Extensions view.",
      chatgptExtensionId,
    );
    return { ...entry({ name, status: "warning", finding, advice }), command: "workbench.view.extensions" };
  }
  const { version } = extension.packageJSON as { version: unknown };
  return entry({
    name,
    status: "good",
    finding: vscode.l10n.t("version {0}", String(version)),
    advice: null,
  });
}

const icons: Readonly<Record<Check["status"], string>> = { good: "pass", warning: "warning", bad: "error" };

function entry({ name, status, finding, advice }: Check): Entry {
  return {
    label: `$(${icons[status]}) ${plain(name, textMax).text}`,
    description: plain(finding, textMax).text,
    ...(advice ? { detail: plain(advice, textMax).text } : {}),
  };
}
