import * as vscode from "vscode";

import type { Check } from "../api";
import type { BridgeServer } from "./bridge";
import type { BridgeClient } from "./client";
import { chatgptExtensionId } from "./host";
import { plain } from "./plainText";
import { messageOf } from "./texts";

const textMax = 500;

interface Entry extends vscode.QuickPickItem {
  /** The command that does something about it. */
  readonly command?: string;
}

/** Shows what is right and what is not, with what to do: the server in this window first, then all that it looks at itself. */
export async function runDoctor(server: BridgeServer, client: BridgeClient): Promise<void> {
  const title = vscode.l10n.t("Codex Bridge Doctor");
  const entries = examine(server, client).catch((error: unknown): Entry[] => [
    entry({ name: vscode.l10n.t("API"), status: "bad", finding: messageOf(error), advice: "" }),
  ]);
  const placeHolder = vscode.l10n.t(
    "What is right and what is not; choose an entry to do something about it",
  );
  const options = { title, placeHolder, matchOnDescription: true, matchOnDetail: true, ignoreFocusOut: true };
  const picked = await vscode.window.showQuickPick(entries, options);
  if (picked?.command !== undefined) {
    await vscode.commands.executeCommand(picked.command);
  }
}

async function examine(server: BridgeServer, client: BridgeClient): Promise<Entry[]> {
  await server.settle();
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
      finding: vscode.l10n.t("runs at {0}", state.bridge.url),
      advice: null,
    });
  }
  const failed = state.kind === "failed";
  const finding = failed ? state.message : vscode.l10n.t("does not run");
  const advice = vscode.l10n.t("Choose this to start it.");
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
      "is not installed, or not enabled in this window; conversations cannot be shown",
    );
    const advice = vscode.l10n.t(
      "Install or enable {0}. Choose this to open the Extensions view.",
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
