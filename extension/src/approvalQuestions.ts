import * as vscode from "vscode";

import type { Question } from "./addon";
import { plain } from "./plainText";

/** Bounds of what stands in VS Code's lists and input boxes. */
const titleMax = 80;
const questionMax = 500;
const optionMax = 200;

/** Asks one question after the other. Resolves with the answers by the questions' ids, or with nothing when one was not answered. */
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
  // What is shown may be shortened; the answer is the option's own label.
  const items: (vscode.QuickPickItem & { readonly answer?: string })[] = question.options.map((option) => ({
    label: plain(option.label, optionMax).text,
    detail: plain(option.description, optionMax).text,
    answer: option.label,
  }));
  if (question.isOther) {
    items.push({ label: vscode.l10n.t("Something else…") });
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
