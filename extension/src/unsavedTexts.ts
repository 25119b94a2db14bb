import * as vscode from "vscode";

import type { UnsavedFile, UnsavedQuestion } from "./addon";

/**
 * A number for each document. It is part of the revision, because a reopened document counts its versions
 * from the start.
 */
const documentNumbers = new WeakMap<vscode.TextDocument, number>();
let documentCount = 0;

/**
 * Returns the files with unsaved changes. The core calls this for each question about code, so that typing
 * costs nothing. It gets only the texts that it does not have yet.
 */
export async function unsavedTexts(question: UnsavedQuestion): Promise<UnsavedFile[]> {
  const { known, countMax, textCharactersMax, charactersMax } = question;
  const knownRevisions = new Map(known.map(({ path, revision }) => [path, revision]));
  const unsaved = vscode.workspace.textDocuments.filter(
    ({ isDirty, uri }) => isDirty && uri.scheme === "file",
  );
  let charactersLeft = charactersMax;
  return unsaved.slice(0, countMax).flatMap((document): UnsavedFile[] => {
    const path = document.uri.fsPath;
    const revision = `${documentNumber(document)}:${document.version}`;
    const length = document.offsetAt(document.lineAt(document.lineCount - 1).range.end);
    if (knownRevisions.get(path) === revision || length > textCharactersMax) {
      return [{ path, revision }];
    }
    charactersLeft -= length;
    if (charactersLeft >= 0) {
      return [{ path, revision, text: document.getText() }];
    }
    // The text is returned for the next question. Until then the core uses the revision that it has.
    const revisionBefore = knownRevisions.get(path);
    return revisionBefore === undefined ? [] : [{ path, revision: revisionBefore }];
  });
}

function documentNumber(document: vscode.TextDocument): number {
  const number = documentNumbers.get(document) ?? ++documentCount;
  documentNumbers.set(document, number);
  return number;
}
