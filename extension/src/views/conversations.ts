import * as vscode from "vscode";

import type { Job } from "../../api";
import type { BridgeEvent } from "../addon";
import type { BridgeClient } from "../client";
import { formatTimestamp } from "../format";
import { plain } from "../plainText";
import type { TreeSource } from "./liveTree";

/** The number of jobs per request. */
const pageSize = 100;
const labelMax = 120;
const tooltipMax = 2000;

/** A conversation with its loaded jobs (newest first), a single job, or the entry that loads older jobs. */
export type ConversationNode =
  | {
      readonly kind: "conversation";
      readonly conversationId: string;
      readonly job: Job;
      readonly jobs: readonly Job[];
    }
  | { readonly kind: "job"; readonly conversationId: string | undefined; readonly job: Job }
  | { readonly kind: "older" };

/** The conversations that the bridge has sent messages to, with their jobs. */
export class Conversations implements TreeSource<ConversationNode> {
  readonly #client: BridgeClient;
  #pages = 1;

  constructor(client: BridgeClient) {
    this.#client = client;
  }

  /** Loads one more page of older jobs the next time the children are requested. */
  showOlder(): void {
    this.#pages += 1;
  }

  isAffectedBy({ type }: BridgeEvent): boolean {
    return type.startsWith("job.") || type.startsWith("approval.");
  }

  async children(node: ConversationNode | undefined): Promise<ConversationNode[]> {
    if (node !== undefined) {
      return node.kind === "conversation" ? node.jobs.map(jobNode) : [];
    }
    const jobs: Job[] = [];
    let more = true;
    for (let page = 0; page < this.#pages && more; page += 1) {
      const last = jobs.at(-1);
      const before = last === undefined ? "" : `&before=${last.jobId}`;
      const reply = await this.#client.request("GET", `/jobs?limit=${pageSize}${before}`);
      const body = reply as { jobs: Job[]; more: boolean };
      jobs.push(...body.jobs);
      more = body.more;
    }
    return [...byConversation(jobs), ...(more ? [{ kind: "older" } as const] : [])];
  }

  item(node: ConversationNode): vscode.TreeItem {
    switch (node.kind) {
      case "conversation": {
        const first = node.jobs.at(-1) ?? node.job;
        const item = jobItem(node.job, first.message, node.conversationId);
        item.id = node.conversationId;
        const { None, Collapsed } = vscode.TreeItemCollapsibleState;
        item.collapsibleState = node.jobs.length > 1 ? Collapsed : None;
        return item;
      }
      case "job": {
        const item = jobItem(node.job, node.job.message, node.conversationId);
        item.id = node.job.jobId;
        return item;
      }
      case "older": {
        const item = new vscode.TreeItem(vscode.l10n.t("Show older jobs"));
        item.iconPath = new vscode.ThemeIcon("ellipsis");
        item.command = { command: "codexBridge.showOlder", title: "" };
        return item;
      }
    }
  }
}

function byConversation(jobs: readonly Job[]): ConversationNode[] {
  const conversations = new Map<string, Job[]>();
  const nodes: ConversationNode[] = [];
  for (const job of jobs) {
    const { conversationId } = job;
    if (typeof conversationId !== "string") {
      nodes.push(jobNode(job));
      continue;
    }
    const known = conversations.get(conversationId);
    if (known !== undefined) {
      known.push(job);
      continue;
    }
    const all = [job];
    conversations.set(conversationId, all);
    nodes.push({ kind: "conversation", conversationId, job, jobs: all });
  }
  return nodes;
}

function jobNode(job: Job): ConversationNode {
  return { kind: "job", conversationId: job.conversationId ?? undefined, job };
}

function jobItem(job: Job, label: string, conversationId: string | undefined): vscode.TreeItem {
  const item = new vscode.TreeItem(plain(label, labelMax).text || vscode.l10n.t("(no message)"));
  const { icon, color, text } = appearance(job);
  item.iconPath = new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
  item.description = `${text} · ${formatTimestamp(job.createdAt)}`;
  const answer = job.failure?.message ?? job.result?.text ?? "";
  item.tooltip = [plain(job.message, tooltipMax).text, text, plain(answer, tooltipMax).text]
    .filter(Boolean)
    .join("\n\n");
  item.accessibilityInformation = { label: `${String(item.label)}, ${item.description}` };
  item.contextValue = [
    ...(conversationId === undefined ? [] : ["conversation"]),
    ...(hasEnded(job) ? [] : ["running"]),
    ...(job.result?.text ? ["answered"] : []),
  ].join(" ");
  if (conversationId !== undefined) {
    item.command = { command: "codexBridge.openConversation", title: "", arguments: [{ conversationId }] };
  }
  return item;
}

function hasEnded({ status }: Job): boolean {
  return status === "completed" || status === "failed";
}

function appearance(job: Job): { icon: string; color?: string; text: string } {
  if (!hasEnded(job) && (job.waitingOn ?? []).length > 0) {
    return { icon: "bell-dot", color: "list.warningForeground", text: vscode.l10n.t("waiting for you") };
  }
  switch (job.status) {
    case "starting":
      return { icon: "loading~spin", text: vscode.l10n.t("starting") };
    case "running":
      return { icon: "sync~spin", text: vscode.l10n.t("running") };
    case "completed":
      return { icon: "pass", color: "testing.iconPassed", text: vscode.l10n.t("done") };
    case "failed":
      return job.failure?.code === "cancelled"
        ? { icon: "circle-slash", text: vscode.l10n.t("cancelled") }
        : { icon: "error", color: "list.errorForeground", text: vscode.l10n.t("failed") };
  }
}
