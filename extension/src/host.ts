import * as vscode from "vscode";

import type { ConversationTab, HostCallbacks, RevealRequest } from "./addon";
import type { Approvals } from "./approvals";
import type { Indexing } from "./indexing";
import * as languageServers from "./languageServers";
import { unsavedTexts } from "./unsavedTexts";

/** Identifier of the extension whose tabs show the conversations. */
export const chatgptExtensionId = "openai.chatgpt";

// Where that extension shows a conversation. None of this is a public interface of it: the names were read off it.
const conversationEditor = "chatgpt.conversationEditor";
const newPanelCommand = "chatgpt.newCodexPanel";
const scheme = "openai-codex";
const authority = "route";
const pathPrefix = "/local/";

/** What the native core may ask of this window. */
export function hostCallbacks(
  log: vscode.LogOutputChannel,
  approvals: Approvals,
  indexing: Indexing,
  runningJobsChanged: (running: number) => void,
): HostCallbacks {
  return {
    openConversations: () => Promise.resolve(openConversations()),
    currentConversation: () => Promise.resolve(currentConversation()),
    revealConversation,
    openDraft,
    askApproval: (request) => approvals.ask(request),
    approvalResolved: (approval) => Promise.resolve(approvals.resolved(approval)),
    log: ({ level, message }) => log[level](message),
    runningJobsChanged,
    indexProgressChanged: (progress) => indexing.show(progress),
    code: { ...languageServers, unsaved: unsavedTexts },
  };
}

function openConversations(): ConversationTab[] {
  return vscode.window.tabGroups.all.flatMap((group, groupIndex) =>
    group.tabs.flatMap((tab, tabIndex) => conversationTab(group, groupIndex, tab, tabIndex) ?? []),
  );
}

/** The conversation whose tab has the focus. */
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

/** Opens or focuses the tab of a conversation and resolves when it is there; rejects with a message a person can act on. */
export async function revealConversation({
  conversationId,
  timeoutMs,
}: RevealRequest): Promise<ConversationTab> {
  requireChatgptExtension();
  const waiting: vscode.Disposable[] = [];
  try {
    return await new Promise<ConversationTab>((resolve, reject) => {
      let opened = false;
      const look = (): void => {
        const tabs = openConversations().filter((tab) => tab.conversationId === conversationId);
        // Once VS Code says that it has opened the tab, it counts even when the person has moved on to another one.
        const tab = tabs.find(isCurrent) ?? (opened ? tabs[0] : undefined);
        if (tab !== undefined) {
          resolve(tab);
        }
      };
      const timer = setTimeout(() => reject(new Error(tabTimeoutMessage(timeoutMs))), timeoutMs);
      waiting.push(
        vscode.window.tabGroups.onDidChangeTabs(look),
        vscode.window.tabGroups.onDidChangeTabGroups(look),
        new vscode.Disposable(() => clearTimeout(timer)),
      );
      openEditor(conversationId).then(() => {
        opened = true;
        look();
      }, reject);
    });
  } finally {
    vscode.Disposable.from(...waiting).dispose();
  }
}

async function openEditor(conversationId: string): Promise<void> {
  const uri = vscode.Uri.from({ scheme, authority, path: pathPrefix + conversationId });
  const openTab = openConversations().find((tab) => tab.conversationId === conversationId);
  // Naming the column of a tab that is open already focuses it there, instead of opening a second one beside it.
  const options = { preview: false, ...(openTab && { viewColumn: openTab.viewColumn }) };
  try {
    await vscode.commands.executeCommand("vscode.openWith", uri, conversationEditor, options);
  } catch {
    // A version of the ChatGPT extension whose editor has another name: VS Code knows which editor shows such an address.
    await vscode.commands.executeCommand("vscode.open", uri, options);
  }
}

function tabTimeoutMessage(timeoutMs: number): string {
  return (
    `VS Code did not show the tab of the conversation within ${timeoutMs} ms. ` +
    "Check that the ChatGPT extension works in this window, or raise codexBridge.tabTimeoutMs."
  );
}

async function openDraft(): Promise<void> {
  requireChatgptExtension();
  await vscode.commands.executeCommand(newPanelCommand);
}

function requireChatgptExtension(): void {
  if (vscode.extensions.getExtension(chatgptExtensionId) === undefined) {
    throw new Error(
      `The ChatGPT extension (${chatgptExtensionId}), whose tabs show conversations, is not installed or not enabled ` +
        "in this window. Install or enable it in the Extensions view.",
    );
  }
}
