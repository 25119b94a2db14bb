// A command's output with its ANSI colors. All other terminal control sequences are removed.

import Anser from "anser";
import { useMemo } from "react";

/** Control sequences other than colors: window titles, hyperlinks, cursor movements. */
const otherSequences =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these sequences start with ESC.
  /\u001b(?:\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\[[0-9;?]*[A-Za-ln-z]|[PX^_][^\u001b]*(?:\u001b\\)?|[()][A-Z0-9]|[=>78DEHMNOZc])/g;
/** Control characters other than tab, newline, carriage return and escape, and bidirectional overrides. */
const otherControls =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to remove.
  /[\u0000-\u0008\u000b-\u000c\u000e-\u001a\u001c-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g;

export function AnsiText({ text }: { text: string }) {
  const pieces = useMemo(
    () =>
      Anser.ansiToJson(text.replace(otherSequences, "").replace(otherControls, ""), {
        use_classes: true,
        remove_empty: true,
      }),
    [text],
  );
  return (
    <>
      {pieces.map((piece, index) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: a piece has no other identity, and no state.
          key={index}
          className={
            [piece.fg, piece.bg && `${piece.bg}-ground`, ...piece.decorations].filter(Boolean).join(" ") ||
            undefined
          }
        >
          {piece.content}
        </span>
      ))}
    </>
  );
}
