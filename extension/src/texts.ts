import * as vscode from "vscode";

/** A moment as a person reads it in a list: the time of today, the date of another day. */
export function moment(timestamp: string): string {
  const date = new Date(timestamp);
  const isToday = date.toDateString() === new Date().toDateString();
  return date.toLocaleString(vscode.env.language, isToday ? { timeStyle: "short" } : { dateStyle: "medium" });
}

/** What an error says to a person. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
