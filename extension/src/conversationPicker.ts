import * as vscode from "vscode";

import type { ConversationView } from "../api";
import type { BridgeClient } from "./client";
import { currentConversation } from "./host";
import { plain } from "./plainText";
import { messageOf, moment } from "./texts";

/** Until the person has stopped typing. */
const typingMs = 200;
const labelMax = 120;

/** What the person chose: a conversation, or a new one. */
export type Picked = { readonly conversationId: string } | "new";

interface Entry extends vscode.QuickPickItem {
  readonly conversation: Picked;
}

/**
 * Lets the person choose among all conversations of Codex, whoever began them.
 *
 * @param offersNew whether a new one can be chosen, too
 */
export async function pickConversation(
  client: BridgeClient,
  title: string,
  offersNew: boolean,
): Promise<Picked | undefined> {
  const picker = vscode.window.createQuickPick<Entry>();
  picker.title = title;
  picker.placeholder = vscode.l10n.t("Search by title");
  picker.matchOnDescription = true;
  // A tab that opens meanwhile, for a conversation that a program began, takes the focus.
  picker.ignoreFocusOut = true;
  let timer: NodeJS.Timeout | undefined;
  /** Only the answer to the last question counts. */
  let asked = 0;
  const look = async (): Promise<void> => {
    asked += 1;
    const question = asked;
    picker.busy = true;
    try {
      const search = picker.value === "" ? "" : `?search=${encodeURIComponent(picker.value)}`;
      const reply = (await client.request("GET", `/conversations${search}`)) as {
        conversations: ConversationView[];
      };
      if (question === asked) {
        const items = entries(reply.conversations, offersNew);
        // A list that is replaced loses what the person has selected in it.
        if (JSON.stringify(items) !== JSON.stringify(picker.items)) {
          picker.items = items;
        }
        picker.busy = false;
      }
    } catch (error) {
      picker.hide();
      void vscode.window.showErrorMessage(messageOf(error));
    }
  };
  try {
    return await new Promise<Picked | undefined>((resolve) => {
      picker.onDidChangeValue(() => {
        clearTimeout(timer);
        timer = setTimeout(() => void look(), typingMs);
      });
      picker.onDidAccept(() => {
        // While the list is replaced, nothing is selected.
        const entry = picker.selectedItems[0] ?? picker.activeItems[0];
        if (entry !== undefined) {
          resolve(entry.conversation);
        }
      });
      picker.onDidHide(() => resolve(undefined));
      picker.show();
      void look();
    });
  } finally {
    clearTimeout(timer);
    picker.dispose();
  }
}

function entries(conversations: readonly ConversationView[], offersNew: boolean): Entry[] {
  const current = currentConversation()?.conversationId;
  const inFront = conversations.filter(({ conversationId }) => conversationId === current);
  const others = conversations.filter(({ conversationId }) => conversationId !== current);
  const newOne: Entry = {
    label: `$(add) ${vscode.l10n.t("New conversation")}`,
    alwaysShow: true,
    conversation: "new",
  };
  return [
    ...(offersNew ? [newOne] : []),
    ...[...inFront, ...others].map((conversation) => entry(conversation, current)),
  ];
}

function entry(
  { conversationId, title, preview, cwd, updatedAt, owner }: ConversationView,
  current?: string,
): Entry {
  const facts = [
    ...(conversationId === current ? [vscode.l10n.t("in front")] : []),
    ...(owner.kind === "bridge" ? [vscode.l10n.t("running")] : []),
    ...(owner.kind === "other"
      ? [vscode.l10n.t("open in {0}", plain(owner.program ?? "?", labelMax).text)]
      : []),
    ...(updatedAt ? [moment(updatedAt)] : []),
  ];
  return {
    label: plain(title || preview || conversationId, labelMax).text,
    description: facts.join(" · "),
    detail: plain(cwd ?? "", labelMax).text,
    conversation: { conversationId },
  };
}
