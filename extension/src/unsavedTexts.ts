import * as vscode from "vscode";

import type { UnsavedFile, UnsavedQuestion } from "./addon";

/** A number for each document: one that is opened again counts its versions anew. */
const numbers = new WeakMap<vscode.TextDocument, number>();
let documents = 0;

/**
 * The files whose text is another one here than on the disk. The core asks when somebody asks it, so that typing costs nothing, and gets
 * only the texts that it does not have.
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
    const revision = `${numberOf(document)}:${document.version}`;
    const length = document.offsetAt(document.lineAt(document.lineCount - 1).range.end);
    if (knownRevisions.get(path) === revision || length > textCharactersMax) {
      return [{ path, revision }];
    }
    charactersLeft -= length;
    if (charactersLeft >= 0) {
      return [{ path, revision, text: document.getText() }];
    }
    // The next question gets it; until then the text that is known counts.
    const revisionBefore = knownRevisions.get(path);
    return revisionBefore === undefined ? [] : [{ path, revision: revisionBefore }];
  });
}

function numberOf(document: vscode.TextDocument): number {
  const number = numbers.get(document) ?? ++documents;
  numbers.set(document, number);
  return number;
}
