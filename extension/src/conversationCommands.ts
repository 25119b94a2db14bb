import * as vscode from "vscode";

import type { Job, SentView } from "../api";
import { type BridgeClient, conversationPath, jobPath, lanePath } from "./client";
import { pickConversation } from "./conversationPicker";
import { errorMessage } from "./format";
import { askAndSend } from "./inputBox";
import { plain } from "./plainText";
import { selectionText } from "./selection";
import type { ConversationNode } from "./views/conversations";
import type { LaneNode } from "./views/lanes";

/** The maximum length of a warning in characters. */
const warningMax = 600;

/** The argument of a command on a view entry that may belong to a conversation. */
interface ConversationArgument {
  readonly conversationId?: string | undefined;
}

/**
 * Registers the commands for conversations and lanes, for the Command Palette and for the entries of the
 * views.
 *
 * @param showConversation opens the tab of a conversation
 */
export function registerConversationCommands(
  client: BridgeClient,
  showConversation: (conversationId: string) => Promise<unknown>,
): vscode.Disposable {
  const command = (name: string, run: (...parameters: never[]) => Promise<void>): vscode.Disposable =>
    vscode.commands.registerCommand(`codexBridge.${name}`, async (...parameters: never[]) => {
      try {
        await run(...parameters);
      } catch (error) {
        void vscode.window.showErrorMessage(errorMessage(error));
      }
    });
  return vscode.Disposable.from(
    command("newConversation", () => newConversation(client)),
    command("continueConversation", () => continueConversation(client)),
    command("sendSelection", () => sendSelection(client)),
    command("openConversation", async ({ conversationId }: ConversationArgument) => {
      if (conversationId !== undefined) {
        await showConversation(conversationId);
      }
    }),
    command("continueThis", async ({ conversationId }: ConversationArgument) => {
      if (conversationId !== undefined) {
        await askToContinue(client, conversationId);
      }
    }),
    command("copyConversationId", async ({ conversationId }: ConversationArgument) => {
      await vscode.env.clipboard.writeText(conversationId ?? "");
    }),
    command("copyAnswer", async (node: ConversationNode) => {
      await vscode.env.clipboard.writeText(node.kind === "older" ? "" : (node.job.result?.text ?? ""));
    }),
    command("steerJob", async (node: ConversationNode) => {
      if (node.kind !== "older") {
        await steer(client, node.job);
      }
    }),
    command("cancelJob", async (node: ConversationNode) => {
      if (node.kind !== "older") {
        await client.request("POST", `${jobPath(node.job.jobId)}/cancel`);
      }
    }),
    command("promptLane", async (node: LaneNode) => {
      if (node.kind === "lane") {
        await promptLane(client, node.lane.laneId);
      }
    }),
    command("interruptLane", async (node: LaneNode) => {
      if (node.kind === "lane") {
        await client.request("POST", `${lanePath(node.lane.laneId)}/interrupt`);
      }
    }),
  );
}

async function newConversation(client: BridgeClient): Promise<void> {
  const cwd = await pickWorkingDirectory();
  if (cwd === undefined) {
    return;
  }
  await askAndSend({
    title: vscode.l10n.t("New Codex Conversation"),
    placeholder: vscode.l10n.t("What should Codex do?"),
    send: (message) => startConversation(client, message, cwd),
  });
}

async function continueConversation(client: BridgeClient): Promise<void> {
  const picked = await pickConversation(client, vscode.l10n.t("Continue Codex Conversation"), {
    offerNew: false,
  });
  if (picked !== undefined && picked !== "new") {
    await askToContinue(client, picked.conversationId);
  }
}

async function sendSelection(client: BridgeClient): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined || editor.selection.isEmpty) {
    void vscode.window.showInformationMessage(vscode.l10n.t("Select text in an editor first."));
    return;
  }
  // Read the selection now, because the editor may change while the user is asked.
  const selected = selectionText(editor);
  const folder = vscode.workspace.getWorkspaceFolder(editor.document.uri)?.uri.fsPath ?? "";
  const picked = await pickConversation(client, vscode.l10n.t("Send Selection to Codex"), { offerNew: true });
  if (picked === undefined) {
    return;
  }
  await askAndSend({
    title: vscode.l10n.t("Send Selection to Codex"),
    placeholder: vscode.l10n.t("What should Codex do with it? (optional)"),
    allowEmpty: true,
    send: (instruction) => {
      const message = instruction === "" ? selected : `${instruction}\n\n${selected}`;
      return picked === "new"
        ? startConversation(client, message, folder)
        : continueWith(client, picked.conversationId, message);
    },
  });
}

/**
 * Returns the working directory of a new conversation: an empty string if the bridge should choose it, or
 * `undefined` if the user dismissed the choice.
 */
async function pickWorkingDirectory(): Promise<string | undefined> {
  if ((vscode.workspace.workspaceFolders ?? []).length < 2) {
    return "";
  }
  const placeHolder = vscode.l10n.t("Select the folder for Codex to work in");
  const folder = await vscode.window.showWorkspaceFolderPick({ placeHolder });
  return folder?.uri.fsPath;
}

/** Starts a conversation in the Codex panel, where the user can watch it. */
async function startConversation(client: BridgeClient, message: string, cwd: string): Promise<void> {
  const body = { message, delivery: "panel", ...(cwd === "" ? {} : { cwd }) };
  showDelivery((await client.request("POST", "/conversations", body)) as SentView);
}

async function askToContinue(client: BridgeClient, conversationId: string): Promise<void> {
  await askAndSend({
    title: vscode.l10n.t("Continue Codex Conversation"),
    placeholder: vscode.l10n.t("What should Codex do next?"),
    send: (message) => continueWith(client, conversationId, message),
  });
}

async function continueWith(client: BridgeClient, conversationId: string, message: string): Promise<void> {
  const reply = await client.request("POST", `${conversationPath(conversationId)}/messages`, { message });
  showDelivery(reply as SentView);
}

/**
 * Shows what the user cannot see in the conversation itself: that the message was queued, and any warnings.
 */
function showDelivery({ delivery, openError, warnings }: SentView): void {
  if (delivery === "queued") {
    void vscode.window.showInformationMessage(
      vscode.l10n.t("Codex is working in this conversation. Your message was queued."),
    );
  }
  for (const warning of [...warnings, ...(openError ? [openError] : [])]) {
    void vscode.window.showWarningMessage(plain(warning, warningMax).text);
  }
}

async function steer(client: BridgeClient, { jobId }: Job): Promise<void> {
  await askAndSend({
    title: vscode.l10n.t("Steer Codex"),
    placeholder: vscode.l10n.t("What should Codex consider in the current turn?"),
    send: async (message) => {
      await client.request("POST", `${jobPath(jobId)}/steer`, { message });
    },
  });
}

async function promptLane(client: BridgeClient, laneId: string): Promise<void> {
  await askAndSend({
    title: vscode.l10n.t("Prompt Lane"),
    placeholder: vscode.l10n.t("What should Codex do next?"),
    send: async (input) => {
      await client.request("POST", `${lanePath(laneId)}/prompt`, { input });
    },
  });
}
