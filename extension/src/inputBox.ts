import * as vscode from "vscode";

import { errorMessage } from "./format";

/** Describes an input box whose text is sent. */
export interface InputRequest {
  readonly title: string;
  readonly placeholder: string;
  /** Sends the text. The box is busy meanwhile. If it rejects, the box shows the error and keeps the text. */
  readonly send: (text: string) => Promise<void>;
  /** Whether an empty text may be sent. The default is `false`. */
  readonly allowEmpty?: boolean;
}

/**
 * Asks the user for a text and sends it. Resolves when the text has been sent or the user has dismissed the
 * box.
 */
export function askAndSend({ title, placeholder, send, allowEmpty = false }: InputRequest): Promise<void> {
  const box = vscode.window.createInputBox();
  box.title = title;
  box.placeholder = placeholder;
  // Looking at the code meanwhile must not discard the text.
  box.ignoreFocusOut = true;
  return new Promise((resolve) => {
    let isSending = false;
    const finish = (): void => {
      box.dispose();
      resolve();
    };
    const accept = async (): Promise<void> => {
      const text = box.value.trim();
      if (text === "" && !allowEmpty) {
        box.validationMessage = vscode.l10n.t("Enter what Codex should do, or press Escape to cancel.");
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
        box.validationMessage = errorMessage(error);
        // The user may have hidden the box with Escape. Show it again, with the error.
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
