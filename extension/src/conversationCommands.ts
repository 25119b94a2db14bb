import * as vscode from "vscode";

import type { Job, SentView } from "../api";
import { type BridgeClient, conversationPath, jobPath, lanePath } from "./client";
import { pickConversation } from "./conversationPicker";
import { askAndSend } from "./inputBox";
import { plain } from "./plainText";
import { selectionText } from "./selection";
import { messageOf } from "./texts";
import type { ConversationNode } from "./views/conversations";
import type { LaneNode } from "./views/lanes";

const warningMax = 600;

/** What a command is called with that belongs to a conversation. */
interface WithConversation {
  readonly conversationId?: string | undefined;
}

/**
 * Registers what a person can do with conversations and lanes, in the Command Palette and on the entries of the views.
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
        void vscode.window.showErrorMessage(messageOf(error));
      }
    });
  return vscode.Disposable.from(
    command("newConversation", () => newConversation(client)),
    command("continueConversation", () => continueConversation(client)),
    command("sendSelection", () => sendSelection(client)),
    command("openConversation", async ({ conversationId }: WithConversation) => {
      if (conversationId !== undefined) {
        await showConversation(conversationId);
      }
    }),
    command("continueThis", async ({ conversationId }: WithConversation) => {
      if (conversationId !== undefined) {
        await askToContinue(client, conversationId);
      }
    }),
    command("copyConversationId", async ({ conversationId }: WithConversation) => {
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
  const cwd = await pickFolder();
  if (cwd === undefined) {
    return;
  }
  await askAndSend({
    title: vscode.l10n.t("New Codex Conversation"),
    placeholder: vscode.l10n.t("What shall Codex do?"),
    send: (message) => startConversation(client, message, cwd),
  });
}

async function continueConversation(client: BridgeClient): Promise<void> {
  const picked = await pickConversation(client, vscode.l10n.t("Continue Codex Conversation"), false);
  if (picked !== undefined && picked !== "new") {
    await askToContinue(client, picked.conversationId);
  }
}

async function sendSelection(client: BridgeClient): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined || editor.selection.isEmpty) {
    void vscode.window.showInformationMessage(vscode.l10n.t("Select the text to send in an editor first."));
    return;
  }
  // What is selected now, whatever happens to the editor meanwhile.
  const selected = selectionText(editor);
  const folder = vscode.workspace.getWorkspaceFolder(editor.document.uri)?.uri.fsPath ?? "";
  const picked = await pickConversation(client, vscode.l10n.t("Send Selection to Codex"), true);
  if (picked === undefined) {
    return;
  }
  await askAndSend({
    title: vscode.l10n.t("Send Selection to Codex"),
    placeholder: vscode.l10n.t("What shall Codex do with it? (may stay empty)"),
    mayBeEmpty: true,
    send: (instruction) => {
      const message = instruction === "" ? selected : `${instruction}\n\n${selected}`;
      return picked === "new"
        ? startConversation(client, message, folder)
        : continueWith(client, picked.conversationId, message);
    },
  });
}

/** The folder to work in; the empty text where the bridge shall choose, `undefined` when the person gave up. */
async function pickFolder(): Promise<string | undefined> {
  if ((vscode.workspace.workspaceFolders ?? []).length < 2) {
    return "";
  }
  const placeHolder = vscode.l10n.t("The folder that Codex shall work in");
  const folder = await vscode.window.showWorkspaceFolderPick({ placeHolder });
  return folder?.uri.fsPath;
}

/** In the panel, where the person at the window can watch it. */
async function startConversation(client: BridgeClient, message: string, cwd: string): Promise<void> {
  const body = { message, delivery: "panel", ...(cwd === "" ? {} : { cwd }) };
  tellSent((await client.request("POST", "/conversations", body)) as SentView);
}

async function askToContinue(client: BridgeClient, conversationId: string): Promise<void> {
  await askAndSend({
    title: vscode.l10n.t("Continue Codex Conversation"),
    placeholder: vscode.l10n.t("What shall Codex do next?"),
    send: (message) => continueWith(client, conversationId, message),
  });
}

async function continueWith(client: BridgeClient, conversationId: string, message: string): Promise<void> {
  const reply = await client.request("POST", `${conversationPath(conversationId)}/messages`, { message });
  tellSent(reply as SentView);
}

/** Tells what the person does not see. */
function tellSent({ delivery, openError, warnings }: SentView): void {
  if (delivery === "queued") {
    void vscode.window.showInformationMessage(
      vscode.l10n.t("Codex is at work in this conversation. Your message waits until it has finished."),
    );
  }
  for (const warning of [...warnings, ...(openError ? [openError] : [])]) {
    void vscode.window.showWarningMessage(plain(warning, warningMax).text);
  }
}

async function steer(client: BridgeClient, { jobId }: Job): Promise<void> {
  await askAndSend({
    title: vscode.l10n.t("Steer Codex"),
    placeholder: vscode.l10n.t("What shall Codex hear while it works?"),
    send: async (message) => {
      await client.request("POST", `${jobPath(jobId)}/steer`, { message });
    },
  });
}

async function promptLane(client: BridgeClient, laneId: string): Promise<void> {
  await askAndSend({
    title: vscode.l10n.t("Prompt Lane"),
    placeholder: vscode.l10n.t("What shall Codex do next?"),
    send: async (input) => {
      await client.request("POST", `${lanePath(laneId)}/prompt`, { input });
    },
  });
}
