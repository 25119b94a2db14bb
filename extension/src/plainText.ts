// Sanitizes texts written by an agent before VS Code shows them. In notifications, prompts and pick lists, VS
// Code turns `[label](command:…)` into a link that runs a command, and `$(name)` into an icon.

/** A sanitized text. */
export interface PlainText {
  readonly text: string;
  /** Whether nothing was cut off. */
  readonly isComplete: boolean;
}

/** Separates two characters that would otherwise be markup. It has no width and allows no line break. */
const wordJoiner = "\u2060";

/**
 * Returns the text as one line of at most `charactersMax` characters, without markup and without invisible
 * characters. Curly double quotation marks become straight ones, so that a text between curly quotation marks
 * cannot fake their end.
 */
export function plain(text: string, charactersMax: number): PlainText {
  const line = text
    .replaceAll(/\r\n|[\n\r\u2028\u2029]/gu, " ⏎ ")
    .replaceAll(/\s+/gu, " ")
    // Control characters, and characters that reorder or hide adjacent ones.
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/gu, "\ufffd")
    .replaceAll(/[“”]/gu, '"')
    .trim();
  const characters = Array.from(line);
  const isComplete = characters.length <= charactersMax;
  const shown = isComplete ? line : `${characters.slice(0, charactersMax - 1).join("")}…`;
  return { text: shown.replaceAll("](", `]${wordJoiner}(`).replaceAll("$(", `$${wordJoiner}(`), isComplete };
}
