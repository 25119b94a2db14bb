import * as vscode from "vscode";

import { messageOf } from "./texts";

/** What to ask the person, and where their words go. */
export interface Sending {
  readonly title: string;
  readonly placeholder: string;
  /** Sends the words; while this takes, the box is busy. When it rejects, the box says why and keeps the words. */
  readonly send: (text: string) => Promise<void>;
  /** Whether nothing may be sent, too. */
  readonly mayBeEmpty?: boolean;
}

/** Asks the person for a text and sends it. Resolves when it was sent, or when the person gave up. */
export function askAndSend({ title, placeholder, send, mayBeEmpty = false }: Sending): Promise<void> {
  const box = vscode.window.createInputBox();
  box.title = title;
  box.placeholder = placeholder;
  // A look at the code meanwhile must not lose what was written.
  box.ignoreFocusOut = true;
  return new Promise((resolve) => {
    let isSending = false;
    const finish = (): void => {
      box.dispose();
      resolve();
    };
    const accept = async (): Promise<void> => {
      const text = box.value.trim();
      if (text === "" && !mayBeEmpty) {
        box.validationMessage = vscode.l10n.t("Write what Codex shall do, or press Escape.");
        return;
      }
      isSending = true;
      box.busy = true;
      box.enabled = false;
      box.validationMessage = "";
      try {
        await send(text);
        finish();
      } catch (error) {
        isSending = false;
        box.busy = false;
        box.enabled = true;
        box.validationMessage = messageOf(error);
        // Hidden meanwhile with Escape: it comes back with what went wrong.
        box.show();
      }
    };
    box.onDidAccept(() => void accept());
    box.onDidChangeValue(() => (box.validationMessage = ""));
    box.onDidHide(() => {
      if (!isSending) {
        finish();
      }
    });
    box.show();
  });
}
