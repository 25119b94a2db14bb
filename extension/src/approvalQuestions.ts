import * as vscode from "vscode";

import type { Question } from "./addon";
import { plain } from "./plainText";

/** The maximum lengths of texts in quick picks and input boxes, in characters. */
const titleMax = 80;
const questionMax = 500;
const optionMax = 200;

/**
 * Asks the questions one after another.
 *
 * @returns the answers by question id, or `undefined` if the user dismissed a question
 */
export async function askQuestions(
  questions: readonly Question[],
): Promise<Record<string, string> | undefined> {
  const answers: Record<string, string> = {};
  for (const question of questions) {
    const answer = question.options.length === 0 ? await askText(question) : await askChoice(question);
    if (answer === undefined) {
      return undefined;
    }
    answers[question.id] = answer;
  }
  return answers;
}

async function askChoice(question: Question): Promise<string | undefined> {
  // The displayed label may be truncated. The answer is the full label of the option.
  const items: (vscode.QuickPickItem & { readonly answer?: string })[] = question.options.map((option) => ({
    label: plain(option.label, optionMax).text,
    detail: plain(option.description, optionMax).text,
    answer: option.label,
  }));
  if (question.isOther) {
    items.push({ label: vscode.l10n.t("Other…") });
  }
  const picked = await vscode.window.showQuickPick(items, {
    title: title(question),
    placeHolder: plain(question.question, questionMax).text,
    ignoreFocusOut: true,
  });
  return picked === undefined ? undefined : (picked.answer ?? askText(question));
}

async function askText(question: Question): Promise<string | undefined> {
  return vscode.window.showInputBox({
    title: title(question),
    prompt: plain(question.question, questionMax).text,
    password: question.isSecret,
    ignoreFocusOut: true,
  });
}

function title({ header }: Question): string {
  return vscode.l10n.t("Codex asks: {0}", plain(header, titleMax).text);
}
