import * as vscode from "vscode";

import type { ApprovalRequest, ApprovalResolved } from "./addon";
import { type PlainText, plain } from "./plainText";

/** What a decision is called here, if it can be made here. */
export function decisionLabel(decision: string): string | undefined {
  switch (decision) {
    case "approve":
      return vscode.l10n.t("Approve");
    case "approve_for_session":
      return vscode.l10n.t("Approve for Session");
    case "approve_always":
      return vscode.l10n.t("Approve Always");
    case "deny":
      return vscode.l10n.t("Deny");
    case "cancel":
      return vscode.l10n.t("Deny and Stop");
    case "answer":
      return vscode.l10n.t("Answer…");
    default:
      return undefined;
  }
}

/** VS Code cuts the text of a notification at 1000 characters, without a word. */
const notificationMax = 900;
/** Of one value in a notification. Three of them are readable; a longer one is for the review. */
const valueMax = 300;
const reasonMax = 120;
/** Of one value in a dialog, which can be scrolled. */
const dialogValueMax = 4000;
const listMax = 120;

/** The texts of a request that the decision is about, with their marks. */
function facts(request: ApprovalRequest): [mark: string, value: string][] {
  const { cwd, command, files, tool, url } = request;
  const facts: [string, string | undefined][] = [
    [vscode.l10n.t("Folder"), cwd],
    [vscode.l10n.t("Command"), command],
    [vscode.l10n.t("Files"), files.length === 0 ? undefined : files.join(", ")],
    [vscode.l10n.t("Tool"), tool],
    [vscode.l10n.t("Address"), url],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
}

/** What a notification says. Where not everything that matters has room, it is not whole. */
export function asNotification(request: ApprovalRequest): PlainText {
  const marked = facts(request).map(([mark, value]) => ({ mark, value: plain(value, valueMax) }));
  const parts = [
    vscode.l10n.t("Codex asks: {0}", quoted(request.summary)),
    ...marked.map(({ mark, value }) => `${mark}: “${value.text}”`),
    ...(request.reason === undefined
      ? []
      : [vscode.l10n.t("Reason: “{0}”", plain(request.reason, reasonMax).text)]),
    ...(needsForm(request) ? [vscode.l10n.t("It is answered in the dashboard or through the API")] : []),
  ];
  const text = parts.join(" · ");
  return {
    text: text.slice(0, notificationMax),
    isWhole: text.length <= notificationMax && marked.every(({ value }) => value.isWhole),
  };
}

/** What a dialog says, a fact a line. */
export function asLines(request: ApprovalRequest): string {
  const reason: [string, string][] =
    request.reason === undefined ? [] : [[vscode.l10n.t("Reason"), request.reason]];
  const lines = [[vscode.l10n.t("Request"), request.summary] as const, ...facts(request), ...reason].map(
    ([mark, text]) => {
      const value = plain(text, dialogValueMax);
      const rest = value.isWhole
        ? ""
        : ` ${vscode.l10n.t("(shortened; it has {0} characters)", Array.from(text).length)}`;
      return `${mark}: “${value.text}”${rest}`;
    },
  );
  return [
    ...lines,
    ...(needsForm(request) ? [vscode.l10n.t("It is answered in the dashboard or through the API.")] : []),
  ].join("\n\n");
}

/** An entry in the list of all requests. */
export function listEntry(request: ApprovalRequest): { label: string; description: string; detail: string } {
  const { summary, cwd, command } = request;
  return {
    label: plain(summary, listMax).text,
    description: plain(cwd ?? "", listMax).text,
    detail: plain(command ?? "", listMax).text,
  };
}

/** An agent's text within a sentence of ours. */
export function quoted(text: string): string {
  return `“${plain(text, valueMax).text}”`;
}

/** How a request was resolved, for example "approved through the API". */
export function howResolved({ status, resolvedBy }: ApprovalResolved): string {
  const what = statusText(status);
  switch (resolvedBy) {
    case "api":
      return vscode.l10n.t("{0} through the API", what);
    case "deadline":
      return vscode.l10n.t("denied because nobody answered in time");
    case "codex":
      return vscode.l10n.t("withdrawn by Codex, which goes on without an answer or has ended its turn");
    case "editor":
      return vscode.l10n.t("{0} in VS Code", what);
    default:
      return what;
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

/** Whether the answer is a form's content or a tool's result, for which there is no room here. */
export function needsForm({ decisions, questions }: ApprovalRequest): boolean {
  return decisions.includes("answer") && questions.length === 0;
}
