import * as vscode from "vscode";

/**
 * Formats the selected text of a file for Codex: its file and lines, then the text in a fenced code block.
 */
export function selectionText(editor: vscode.TextEditor): string {
  const { document, selection } = editor;
  const file = vscode.workspace.asRelativePath(document.uri);
  const text = document.getText(selection);
  // A selection of whole lines ends at the first column of the next line.
  const endLine = selection.end.character === 0 ? selection.end.line : selection.end.line + 1;
  const lines = vscode.l10n.t("From `{0}`, lines {1} to {2}:", file, selection.start.line + 1, endLine);
  const longestFence = Math.max(2, ...Array.from(text.matchAll(/`+/gu), ([ticks]) => ticks.length));
  const fence = "`".repeat(longestFence + 1);
  return `${lines}\n\n${fence}${document.languageId}\n${text}${text.endsWith("\n") ? "" : "\n"}${fence}`;
}
