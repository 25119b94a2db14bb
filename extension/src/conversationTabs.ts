// The editor tabs in which the ChatGPT extension shows Codex conversations.

import * as vscode from "vscode";

import type { ConversationTab, RevealRequest } from "./addon";

/** The identifier of the ChatGPT extension. */
export const chatgptExtensionId = "openai.chatgpt";

// How the ChatGPT extension shows a conversation. It documents none of these names; they were found by
// observing it.
const conversationEditor = "chatgpt.conversationEditor";
const newPanelCommand = "chatgpt.newCodexPanel";
const scheme = "openai-codex";
const authority = "route";
const pathPrefix = "/local/";

/** Returns all open conversation tabs. */
export function openConversations(): ConversationTab[] {
  return vscode.window.tabGroups.all.flatMap((group, groupIndex) =>
    group.tabs.flatMap((tab, tabIndex) => conversationTab(group, groupIndex, tab, tabIndex) ?? []),
  );
}

/** Returns the conversation tab that has the focus. */
export function currentConversation(): ConversationTab | null {
  return openConversations().find(isCurrent) ?? null;
}

function isCurrent(tab: ConversationTab): boolean {
  const groups = vscode.window.tabGroups;
  return tab.isActive && groups.all[tab.groupIndex] === groups.activeTabGroup;
}

function conversationTab(
  group: vscode.TabGroup,
  groupIndex: number,
  tab: vscode.Tab,
  tabIndex: number,
): ConversationTab | undefined {
  if (!(tab.input instanceof vscode.TabInputCustom)) {
    return undefined;
  }
  const uri = tab.input.uri;
  if (uri.scheme !== scheme || uri.authority !== authority || !uri.path.startsWith(pathPrefix)) {
    return undefined;
  }
  return {
    conversationId: uri.path.slice(pathPrefix.length),
    title: tab.label,
    isActive: tab.isActive,
    viewColumn: group.viewColumn,
    groupIndex,
    tabIndex,
    uri: uri.toString(),
  };
}

/**
 * Opens or focuses the tab of a conversation and resolves once it is shown.
 *
 * @throws {Error} with advice, if the ChatGPT extension is missing or the tab does not appear in time
 */
export async function revealConversation({
  conversationId,
  timeoutMs,
}: RevealRequest): Promise<ConversationTab> {
  requireChatgptExtension();
  const disposables: vscode.Disposable[] = [];
  try {
    return await new Promise<ConversationTab>((resolve, reject) => {
      let isOpened = false;
      const resolveIfShown = (): void => {
        const tabs = openConversations().filter((tab) => tab.conversationId === conversationId);
        // After VS Code has reported the tab as opened, it counts even if the user has switched to another
        // tab.
        const tab = tabs.find(isCurrent) ?? (isOpened ? tabs[0] : undefined);
        if (tab !== undefined) {
          resolve(tab);
        }
      };
      const timer = setTimeout(() => reject(new Error(tabTimeoutMessage(timeoutMs))), timeoutMs);
      disposables.push(
        vscode.window.tabGroups.onDidChangeTabs(resolveIfShown),
        vscode.window.tabGroups.onDidChangeTabGroups(resolveIfShown),
        new vscode.Disposable(() => clearTimeout(timer)),
      );
      openEditor(conversationId).then(() => {
        isOpened = true;
        resolveIfShown();
      }, reject);
    });
  } finally {
    vscode.Disposable.from(...disposables).dispose();
  }
}

async function openEditor(conversationId: string): Promise<void> {
  const uri = vscode.Uri.from({ scheme, authority, path: pathPrefix + conversationId });
  const openTab = openConversations().find((tab) => tab.conversationId === conversationId);
  // With its view column, an open tab is focused. Without it, VS Code would open a second tab beside it.
  const options = { preview: false, ...(openTab && { viewColumn: openTab.viewColumn }) };
  try {
    await vscode.commands.executeCommand("vscode.openWith", uri, conversationEditor, options);
  } catch {
    // This version of the ChatGPT extension names its editor differently. VS Code finds the editor by the
    // URI.
    await vscode.commands.executeCommand("vscode.open", uri, options);
  }
}

function tabTimeoutMessage(timeoutMs: number): string {
  return (
    `VS Code did not show the conversation tab within ${timeoutMs} ms. ` +
    "Check that the ChatGPT extension works in this window, or increase codexBridge.tabTimeoutMs."
  );
}

/**
 * Opens a blank draft.
 *
 * @throws {Error} if the ChatGPT extension is missing
 */
export async function openDraft(): Promise<void> {
  requireChatgptExtension();
  await vscode.commands.executeCommand(newPanelCommand);
}

function requireChatgptExtension(): void {
  if (vscode.extensions.getExtension(chatgptExtensionId) === undefined) {
    throw new Error(
      `The ChatGPT extension (${chatgptExtensionId}) shows conversations, but is not installed or enabled in ` +
        "this window. Install or enable it in the Extensions view.",
    );
  }
}
