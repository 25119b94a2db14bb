import * as vscode from "vscode";

/** Formats a timestamp for a list: the time if it is today, otherwise the date. */
export function formatTimestamp(timestamp: string): string {
  const date = new Date(timestamp);
  const isToday = date.toDateString() === new Date().toDateString();
  return date.toLocaleString(vscode.env.language, isToday ? { timeStyle: "short" } : { dateStyle: "medium" });
}

/** Returns the message of an error, for the user or the log. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
