import type { ApprovalRequest, ApprovalResolved } from "./addon";
import { plain, type PlainText } from "./plainText";

/** What each decision is called here. */
export const decisionLabels: Readonly<Record<string, string>> = {
  approve: "Approve",
  approve_for_session: "Approve for Session",
  approve_always: "Approve Always",
  deny: "Deny",
  cancel: "Deny and Stop",
  answer: "Answer…",
};

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
    ["Folder", cwd],
    ["Command", command],
    ["Files", files.length === 0 ? undefined : files.join(", ")],
    ["Tool", tool],
    ["Address", url],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
}

/** What a notification says. Where not everything that matters has room, it is not whole. */
export function asNotification(request: ApprovalRequest): PlainText {
  const marked = facts(request).map(([mark, value]) => ({ mark, value: plain(value, valueMax) }));
  const parts = [
    `Codex asks: ${quoted(request.summary)}`,
    ...marked.map(({ mark, value }) => `${mark}: “${value.text}”`),
    ...(request.reason === undefined ? [] : [`Reason: “${plain(request.reason, reasonMax).text}”`]),
    ...(canBeAnswered(request) ? [] : ["It can only be answered through the API"]),
  ];
  const text = parts.join(" · ");
  return {
    text: text.slice(0, notificationMax),
    isWhole: text.length <= notificationMax && marked.every(({ value }) => value.isWhole),
  };
}

/** What a dialog says, a fact a line. */
export function asLines(request: ApprovalRequest): string {
  const reason: [string, string][] = request.reason === undefined ? [] : [["Reason", request.reason]];
  const lines = [["Request", request.summary] as const, ...facts(request), ...reason].map(([mark, text]) => {
    const value = plain(text, dialogValueMax);
    const rest = value.isWhole ? "" : ` (shortened; it has ${Array.from(text).length} characters)`;
    return `${mark}: “${value.text}”${rest}`;
  });
  return [...lines, ...(canBeAnswered(request) ? [] : ["It can only be answered through the API."])].join("\n\n");
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
  switch (resolvedBy) {
    case "api":
      return `${status} through the API`;
    case "deadline":
      return "denied because nobody answered in time";
    case "codex":
      return "withdrawn by Codex, which goes on without an answer or has ended its turn";
    case "editor":
      return `${status} in VS Code`;
    default:
      return status;
  }
}

/** Whether a person can say anything else than no. */
function canBeAnswered({ decisions, questions }: ApprovalRequest): boolean {
  return questions.length > 0 || decisions.some((decision) => decision.startsWith("approve"));
}
