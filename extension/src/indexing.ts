import * as vscode from "vscode";

import type { IndexProgress } from "./addon";

/** Shows the progress of the code index in the status bar while the index is being built. */
export class IndexingStatus {
  #shown: ProgressItem | undefined;

  /** Shows the progress; `null` removes the item, because the build has ended or the server has stopped. */
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

interface ProgressItem {
  report(progress: IndexProgress): void;
  end(): void;
}

function begin(): ProgressItem {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  let report: ((progress: IndexProgress) => void) | undefined;
  void vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: "Codex Bridge" },
    (shown) => {
      report = ({ files, total }) =>
        shown.report({ message: vscode.l10n.t("indexing code, {0} of {1} files", files, total) });
      return ended;
    },
  );
  return { report: (progress) => report?.(progress), end };
}
