import * as vscode from "vscode";

import type { ConversationView } from "../api";
import type { BridgeClient } from "./client";
import { currentConversation } from "./conversationTabs";
import { errorMessage, formatTimestamp } from "./format";
import { plain } from "./plainText";

/** How long the user must not have typed before the search starts. */
const searchDelayMs = 200;
const labelMax = 120;

/** The choice of the user: an existing conversation or a new one. */
export type PickedConversation = { readonly conversationId: string } | "new";

interface Entry extends vscode.QuickPickItem {
  readonly conversation: PickedConversation;
}

/**
 * Lets the user choose among all conversations of Codex, regardless of which program started them.
 *
 * @param options.offerNew whether a new conversation can be chosen as well
 */
export async function pickConversation(
  client: BridgeClient,
  title: string,
  { offerNew }: { readonly offerNew: boolean },
): Promise<PickedConversation | undefined> {
  const picker = vscode.window.createQuickPick<Entry>();
  picker.title = title;
  picker.placeholder = vscode.l10n.t("Search by title");
  picker.matchOnDescription = true;
  // The tab of a conversation that a program starts meanwhile takes the focus. The picker stays open.
  picker.ignoreFocusOut = true;
  let timer: NodeJS.Timeout | undefined;
  /** The number of the latest search. Results of earlier searches are ignored. */
  let latestSearch = 0;
  const search = async (): Promise<void> => {
    latestSearch += 1;
    const thisSearch = latestSearch;
    picker.busy = true;
    try {
      const query = picker.value === "" ? "" : `?search=${encodeURIComponent(picker.value)}`;
      const reply = (await client.request("GET", `/conversations${query}`)) as {
        conversations: ConversationView[];
      };
      if (thisSearch === latestSearch) {
        const items = entries(reply.conversations, offerNew);
        // Replacing the list loses the selection of the user.
        if (JSON.stringify(items) !== JSON.stringify(picker.items)) {
          picker.items = items;
        }
        picker.busy = false;
      }
    } catch (error) {
      picker.hide();
      void vscode.window.showErrorMessage(errorMessage(error));
    }
  };
  try {
    return await new Promise<PickedConversation | undefined>((resolve) => {
      picker.onDidChangeValue(() => {
        clearTimeout(timer);
        timer = setTimeout(() => void search(), searchDelayMs);
      });
      picker.onDidAccept(() => {
        // No item is selected while the list is being replaced.
        const entry = picker.selectedItems[0] ?? picker.activeItems[0];
        if (entry !== undefined) {
          resolve(entry.conversation);
        }
      });
      picker.onDidHide(() => resolve(undefined));
      picker.show();
      void search();
    });
  } finally {
    clearTimeout(timer);
    picker.dispose();
  }
}

function entries(conversations: readonly ConversationView[], offerNew: boolean): Entry[] {
  const currentId = currentConversation()?.conversationId;
  const current = conversations.filter(({ conversationId }) => conversationId === currentId);
  const others = conversations.filter(({ conversationId }) => conversationId !== currentId);
  const newConversation: Entry = {
    label: `$(add) ${vscode.l10n.t("New conversation")}`,
    alwaysShow: true,
    conversation: "new",
  };
  return [
    ...(offerNew ? [newConversation] : []),
    ...[...current, ...others].map((conversation) => entry(conversation, currentId)),
  ];
}

function entry(
  { conversationId, title, preview, cwd, updatedAt, owner }: ConversationView,
  currentId?: string,
): Entry {
  const facts = [
    ...(conversationId === currentId ? [vscode.l10n.t("current tab")] : []),
    ...(owner.kind === "bridge" ? [vscode.l10n.t("running")] : []),
    ...(owner.kind === "other"
      ? [vscode.l10n.t("open in {0}", plain(owner.program ?? "?", labelMax).text)]
      : []),
    ...(updatedAt ? [formatTimestamp(updatedAt)] : []),
  ];
  return {
    label: plain(title || preview || conversationId, labelMax).text,
    description: facts.join(" · "),
    detail: plain(cwd ?? "", labelMax).text,
    conversation: { conversationId },
  };
}
