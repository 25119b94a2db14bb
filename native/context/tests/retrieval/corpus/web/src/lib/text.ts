/** Pads a text on its left side to a length. */
export function padLeft(text: string, length: number, fill = " "): string {
  return text.padStart(length, fill);
}

/** Cuts a text that is too long, and puts an ellipsis behind it. */
export function truncate(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
