import * as vscode from "vscode";

import type { BridgeOptions } from "./addon";
import { chatgptExtensionId } from "./conversationTabs";

/** The section of the VS Code settings that contains the settings of this extension. */
const section = "codexBridge";

const chatgptCliExecutable = "chatgpt.cliExecutable";

/** Returns whether the server starts automatically when a window opens. */
export function autoStart(): boolean {
  return vscode.workspace.getConfiguration(section).get("autoStart", true);
}

/** Returns the token that requests must carry, if one is set. */
export function authToken(): string | undefined {
  return stringSetting("authToken") || undefined;
}

/**
 * Returns the origins whose web pages may call the server. The dashboard may also be opened through these
 * origins.
 */
export function allowedOrigins(): string[] {
  return stringListSetting("allowedOrigins");
}

/**
 * Opens the settings that match a query, by default all settings of this extension. They have machine scope,
 * so in a remote window they belong to the remote machine, and the page of the user's own settings does not
 * show them.
 */
export async function openSettings(query = section): Promise<void> {
  if (vscode.env.remoteName === undefined) {
    await vscode.commands.executeCommand("workbench.action.openSettings", query);
  } else {
    await vscode.commands.executeCommand("workbench.action.openRemoteSettings", { query });
  }
}

/** Returns the maximum time to wait for a conversation tab to appear, in milliseconds. */
export function tabTimeoutMs(): number {
  return integerSetting("tabTimeoutMs");
}

/** Returns whether a configuration change affects the server. */
export function affectsBridge(change: vscode.ConfigurationChangeEvent): boolean {
  return change.affectsConfiguration(section) || change.affectsConfiguration(chatgptCliExecutable);
}

/**
 * Returns the paths of the folders that are open in this window. Virtual folders are left out, because Codex,
 * a program on this machine, cannot access them.
 */
export function workspaceFolders(): string[] {
  return (vscode.workspace.workspaceFolders ?? [])
    .filter((folder) => folder.uri.scheme === "file")
    .map((folder) => folder.uri.fsPath);
}

/**
 * Reads the start options of the server from the settings and from this window.
 *
 * The settings of this extension all have machine scope (package.json), so a workspace cannot set them. The
 * only setting of another extension, `chatgpt.cliExecutable`, names a program to run. Only its user value is
 * used, for the same reason.
 *
 * @throws {Error} naming the setting, if a value has the wrong type. VS Code only underlines such a value.
 */
export function readOptions(context: vscode.ExtensionContext): BridgeOptions {
  const options: BridgeOptions = {
    host: stringSetting("host"),
    port: integerSetting("port"),
    requestTimeoutMs: integerSetting("requestTimeoutMs"),
    tabTimeoutMs: tabTimeoutMs(),
    approvalTimeoutMs: integerSetting("approvalTimeoutMs"),
    allowedOrigins: allowedOrigins(),
    historyDaysMax: integerSetting("historyDaysMax"),
    historyJobsMax: integerSetting("historyJobsMax"),
    rpc: stringSetting("rpc"),
    webhooksAllowPrivateNetworks: booleanSetting("webhooks.allowPrivateNetworks"),
    laneSessionIsolation: stringSetting("lanes.sessionIsolation"),
    laneSessionsMax: integerSetting("lanes.sessionsMax"),
    laneSessionIdleMinutes: integerSetting("lanes.sessionIdleMinutes"),
    shellSnapshot: booleanSetting("shellSnapshot"),
    debugRoutes: booleanSetting("debugRoutes"),
    natsUrl: stringSetting("nats.url"),
    natsCredentials: stringSetting("nats.credentials"),
    natsPrefix: stringSetting("nats.prefix"),
    natsInstance: stringSetting("nats.instance"),
    natsCommands: booleanSetting("nats.commands"),
    contextPort: integerSetting("context.port"),
    dataDirectory: context.globalStorageUri.fsPath,
    workspaceFolders: workspaceFolders(),
    extensionVersion: String((context.extension.packageJSON as { version: unknown }).version),
  };
  const token = authToken();
  if (token !== undefined) {
    options.authToken = token;
  }
  const codexPath = stringSetting("codexPath");
  if (codexPath !== "") {
    options.codexPath = codexPath;
  }
  const cliExecutable = vscode.workspace.getConfiguration().inspect(chatgptCliExecutable)?.globalValue;
  if (typeof cliExecutable === "string" && cliExecutable !== "") {
    options.chatgptCliExecutable = cliExecutable;
  }
  const chatgpt = vscode.extensions.getExtension(chatgptExtensionId);
  if (chatgpt !== undefined) {
    options.chatgptExtensionDirectory = chatgpt.extensionPath;
  }
  return options;
}

function stringSetting(name: string): string {
  return checkedSetting(name, vscode.l10n.t("a string"), (value) => typeof value === "string");
}

function booleanSetting(name: string): boolean {
  return checkedSetting(name, vscode.l10n.t("true or false"), (value) => typeof value === "boolean");
}

function integerSetting(name: string): number {
  return checkedSetting(name, vscode.l10n.t("an integer"), (value) => Number.isInteger(value));
}

function stringListSetting(name: string): string[] {
  return checkedSetting(
    name,
    vscode.l10n.t("a list of strings"),
    (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
  );
}

function checkedSetting<T>(name: string, expected: string, isValid: (value: unknown) => boolean): T {
  const value = vscode.workspace.getConfiguration(section).get<T>(name);
  if (!isValid(value)) {
    throw new Error(
      vscode.l10n.t(
        "The setting {0} must be {1}. It is {2}.",
        `${section}.${name}`,
        expected,
        JSON.stringify(value),
      ),
    );
  }
  return value as T;
}
