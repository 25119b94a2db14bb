import * as vscode from "vscode";

import type { IndexProgress } from "./addon";

/** Shows in the status bar how far the code index is, while it is built. */
export class Indexing {
  #shown: { report(progress: IndexProgress): void; end(): void } | undefined;

  /** How far it is; `null` once it has ended, or nobody can tell any more. */
  show(progress: IndexProgress | null): void {
    if (progress === null) {
      this.#shown?.end();
      this.#shown = undefined;
      return;
    }
    this.#shown ??= begin();
    this.#shown.report(progress);
  }
}

function begin(): { report(progress: IndexProgress): void; end(): void } {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  let report: ((progress: IndexProgress) => void) | undefined;
  void vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: "Codex Bridge" },
    (shown) => {
      report = ({ files, total }) =>
        shown.report({ message: vscode.l10n.t("reading code, {0} of {1} files", files, total) });
      return ended;
    },
  );
  return { report: (progress) => report?.(progress), end };
}
