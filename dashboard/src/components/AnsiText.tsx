// What a command wrote, with the colours that it asked for. Everything else that a terminal would do is left out.

import Anser from "anser";
import { useMemo } from "react";

/** Control sequences other than colours: titles, links, moves of the cursor. */
// eslint-disable-next-line no-control-regex
const otherSequences =
  /\u001b(?:\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\[[0-9;?]*[A-Za-ln-z]|[PX^_][^\u001b]*(?:\u001b\\)?|[()][A-Z0-9]|[=>78DEHMNOZc])/g;
// eslint-disable-next-line no-control-regex
const otherControls =
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
