// Texts that an agent wrote, made fit to stand in VS Code's own. There, notifications, prompts and lists of choices turn
// `[label](command:…)` into a link that runs a command and `$(name)` into an icon.

/** A text, and whether all of it is there. */
export interface PlainText {
  readonly text: string;
  readonly isWhole: boolean;
}

/** Between two characters that would otherwise mean something; it has no width and allows no line break. */
const wordJoiner = "\u2060";

/**
 * One line of at most `charactersMax` characters in which nothing is interpreted and nothing is invisible. Double quotation marks of
 * print become plain ones, so that a text that stands between such marks cannot pretend to end.
 */
export function plain(text: string, charactersMax: number): PlainText {
  const line = text
    .replaceAll(/\r\n|[\n\r\u2028\u2029]/gu, " ⏎ ")
    .replaceAll(/\s+/gu, " ")
    // Controls, and what reorders or hides its neighbours.
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/gu, "\ufffd")
    .replaceAll(/[“”]/gu, '"')
    .trim();
  const characters = Array.from(line);
  const isWhole = characters.length <= charactersMax;
  const shown = isWhole ? line : `${characters.slice(0, charactersMax - 1).join("")}…`;
  return { text: shown.replaceAll("](", `]${wordJoiner}(`).replaceAll("$(", `$${wordJoiner}(`), isWhole };
}
