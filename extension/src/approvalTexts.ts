import * as vscode from "vscode";

import type { ApprovalRequest, ApprovalResolved } from "./addon";
import { type PlainText, plain } from "./plainText";

/** Returns the button label of a decision, or `undefined` if the decision is not offered in VS Code. */
export function decisionLabel(decision: string): string | undefined {
  switch (decision) {
    case "approve":
      return vscode.l10n.t("Approve");
    case "approve_for_session":
      return vscode.l10n.t("Approve for Session");
    case "approve_always":
      return vscode.l10n.t("Always Approve");
    case "deny":
      return vscode.l10n.t("Deny");
    case "cancel":
      return vscode.l10n.t("Deny and Stop Turn");
    case "answer":
      return vscode.l10n.t("Answer…");
    default:
      return undefined;
  }
}

/**
 * The maximum length of a notification in characters. VS Code truncates at 1000 characters without any sign
 * of it.
 */
const notificationMax = 900;
/**
 * The maximum length of one value in a notification. Three such values fit. Longer values need the review
 * dialog.
 */
const valueMax = 300;
/** The maximum length of the reason in a notification. */
const reasonMax = 120;
/** The maximum length of one value in a dialog, which scrolls. */
const dialogValueMax = 4000;
/** The maximum length of each text of a list entry. */
const listMax = 120;

/** Returns the labeled values of a request that matter for the decision. */
function facts(request: ApprovalRequest): [label: string, value: string][] {
  const { cwd, command, files, tool, url } = request;
  const facts: [string, string | undefined][] = [
    [vscode.l10n.t("Folder"), cwd],
    [vscode.l10n.t("Command"), command],
    [vscode.l10n.t("Files"), files.length === 0 ? undefined : files.join(", ")],
    [vscode.l10n.t("Tool"), tool],
    [vscode.l10n.t("URL"), url],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
}

/**
 * Returns the text of a notification. It is incomplete if a value that matters for the decision does not fit.
 */
export function asNotificationText(request: ApprovalRequest): PlainText {
  const labeled = facts(request).map(([label, value]) => ({ label, value: plain(value, valueMax) }));
  const parts = [
    vscode.l10n.t("Codex asks: {0}", quoted(request.summary)),
    ...labeled.map(({ label, value }) => `${label}: “${value.text}”`),
    ...(request.reason === undefined
      ? []
      : [vscode.l10n.t("Reason: “{0}”", plain(request.reason, reasonMax).text)]),
    ...(needsForm(request) ? [vscode.l10n.t("Answer it in the dashboard or through the API")] : []),
  ];
  const text = parts.join(" · ");
  return {
    text: text.slice(0, notificationMax),
    isComplete: text.length <= notificationMax && labeled.every(({ value }) => value.isComplete),
  };
}

/** Returns the text of the review dialog, one fact per line. */
export function asDialogText(request: ApprovalRequest): string {
  const reason: [string, string][] =
    request.reason === undefined ? [] : [[vscode.l10n.t("Reason"), request.reason]];
  const lines = [[vscode.l10n.t("Request"), request.summary] as const, ...facts(request), ...reason].map(
    ([label, text]) => {
      const value = plain(text, dialogValueMax);
      const truncation = value.isComplete
        ? ""
        : ` ${vscode.l10n.t("(truncated; {0} characters in total)", Array.from(text).length)}`;
      return `${label}: “${value.text}”${truncation}`;
    },
  );
  return [
    ...lines,
    ...(needsForm(request) ? [vscode.l10n.t("Answer it in the dashboard or through the API.")] : []),
  ].join("\n\n");
}

/** Returns the texts of a request in the list of pending approvals. */
export function listEntry(request: ApprovalRequest): { label: string; description: string; detail: string } {
  const { summary, cwd, command } = request;
  return {
    label: plain(summary, listMax).text,
    description: plain(cwd ?? "", listMax).text,
    detail: plain(command ?? "", listMax).text,
  };
}

/** Quotes a text of an agent within a sentence. */
export function quoted(text: string): string {
  return `“${plain(text, valueMax).text}”`;
}

/** Describes how a request was resolved, for example "approved through the API". */
export function describeResolution({ status, resolvedBy }: ApprovalResolved): string {
  const outcome = statusText(status);
  switch (resolvedBy) {
    case "api":
      return vscode.l10n.t("{0} through the API", outcome);
    case "deadline":
      return vscode.l10n.t("denied, because it was not answered in time");
    case "codex":
      return vscode.l10n.t("withdrawn by Codex");
    case "editor":
      return vscode.l10n.t("{0} in VS Code", outcome);
    default:
      return outcome;
  }
}

function statusText(status: string): string {
  switch (status) {
    case "approved":
      return vscode.l10n.t("approved");
    case "denied":
      return vscode.l10n.t("denied");
    case "cancelled":
      return vscode.l10n.t("denied and stopped");
    case "answered":
      return vscode.l10n.t("answered");
    case "expired":
      return vscode.l10n.t("expired");
    default:
      return status;
  }
}

/**
 * Returns whether the answer is the content of a form or the result of a tool call. VS Code has no input for
 * either.
 */
export function needsForm({ decisions, questions }: ApprovalRequest): boolean {
  return decisions.includes("answer") && questions.length === 0;
}
