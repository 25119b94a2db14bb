import * as vscode from "vscode";

import type { BridgeOptions } from "./addon";
import { chatgptExtensionId } from "./host";

/** The section of VS Code's settings that holds ours. */
export const section = "codexBridge";

const chatgptCliExecutable = "chatgpt.cliExecutable";

/** Whether the server starts by itself when a window opens. */
export function autoStart(): boolean {
  return vscode.workspace.getConfiguration(section).get("autoStart", true);
}

/** The token that requests must carry, if there is one. */
export function authToken(): string | undefined {
  return text("authToken") || undefined;
}

/** The origins of web pages that may call the server; it may also be reached through them. */
export function allowedOrigins(): string[] {
  return texts("allowedOrigins");
}

/** Shows our settings, or one of them: those of machine scope belong to the machine that runs the extension, of which the person's own page knows none. */
export async function openSettings(query = section): Promise<void> {
  if (vscode.env.remoteName === undefined) {
    await vscode.commands.executeCommand("workbench.action.openSettings", query);
  } else {
    await vscode.commands.executeCommand("workbench.action.openRemoteSettings", { query });
  }
}

/** Milliseconds until the tab of a conversation must be there. */
export function tabTimeoutMs(): number {
  return number("tabTimeoutMs");
}

/** Whether a change of settings concerns the server. */
export function concernsBridge(change: vscode.ConfigurationChangeEvent): boolean {
  return change.affectsConfiguration(section) || change.affectsConfiguration(chatgptCliExecutable);
}

/**
 * Paths of the folders that are open in this window. Virtual folders are left out: Codex, a program of this machine,
 * could not enter them.
 */
export function workspaceFolders(): string[] {
  return (vscode.workspace.workspaceFolders ?? [])
    .filter((folder) => folder.uri.scheme === "file")
    .map((folder) => folder.uri.fsPath);
}

/**
 * Everything the server is started with, read from the settings and from this window.
 *
 * Our settings all have machine scope (package.json), so the values here cannot come from a workspace. The one foreign
 * setting names a program to run, so only the person's own value of it is taken.
 *
 * @throws {Error} naming the setting, when a value has the wrong type. VS Code only underlines such a value.
 */
export function readOptions(context: vscode.ExtensionContext): BridgeOptions {
  const options: BridgeOptions = {
    host: text("host"),
    port: number("port"),
    requestTimeoutMs: number("requestTimeoutMs"),
    tabTimeoutMs: tabTimeoutMs(),
    approvalTimeoutMs: number("approvalTimeoutMs"),
    allowedOrigins: allowedOrigins(),
    historyDaysMax: number("historyDaysMax"),
    historyJobsMax: number("historyJobsMax"),
    rpc: text("rpc"),
    webhooksAllowPrivateNetworks: flag("webhooks.allowPrivateNetworks"),
    laneSessionIsolation: text("lanes.sessionIsolation"),
    laneSessionsMax: number("lanes.sessionsMax"),
    laneSessionIdleMinutes: number("lanes.sessionIdleMinutes"),
    debugRoutes: flag("debugRoutes"),
    natsUrl: text("nats.url"),
    natsCredentials: text("nats.credentials"),
    natsPrefix: text("nats.prefix"),
    natsInstance: text("nats.instance"),
    natsCommands: flag("nats.commands"),
    contextPort: number("context.port"),
    dataFolder: context.globalStorageUri.fsPath,
    workspaceFolders: workspaceFolders(),
    extensionVersion: String((context.extension.packageJSON as { version: unknown }).version),
  };
  const token = authToken();
  if (token !== undefined) {
    options.authToken = token;
  }
  const codexPath = text("codexPath");
  if (codexPath !== "") {
    options.codexPath = codexPath;
  }
  const cliExecutable = vscode.workspace.getConfiguration().inspect(chatgptCliExecutable)?.globalValue;
  if (typeof cliExecutable === "string" && cliExecutable !== "") {
    options.chatgptCliExecutable = cliExecutable;
  }
  const chatgpt = vscode.extensions.getExtension(chatgptExtensionId);
  if (chatgpt !== undefined) {
    options.chatgptExtensionFolder = chatgpt.extensionPath;
  }
  return options;
}

function text(name: string): string {
  return checked(name, vscode.l10n.t("a text"), (value) => typeof value === "string");
}

function flag(name: string): boolean {
  return checked(name, vscode.l10n.t("true or false"), (value) => typeof value === "boolean");
}

function number(name: string): number {
  return checked(name, vscode.l10n.t("a whole number"), (value) => Number.isInteger(value));
}

function texts(name: string): string[] {
  return checked(
    name,
    vscode.l10n.t("a list of texts"),
    (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
  );
}

function checked<T>(name: string, wanted: string, isWanted: (value: unknown) => boolean): T {
  const value = vscode.workspace.getConfiguration(section).get<T>(name);
  if (!isWanted(value)) {
    throw new Error(
      vscode.l10n.t(
        "The setting {0} must be {1}. It is {2}.",
        `${section}.${name}`,
        wanted,
        JSON.stringify(value),
      ),
    );
  }
  return value as T;
}
