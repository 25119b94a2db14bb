import * as vscode from "vscode";

import type { Lane, LaneStatus, VerificationResult } from "../../api";
import type { BridgeEvent } from "../addon";
import type { BridgeClient } from "../client";
import { formatTimestamp } from "../format";
import { plain } from "../plainText";
import type { TreeSource } from "./liveTree";

/** The maximum number of lanes in the view. */
const lanesMax = 500;
const labelMax = 120;
const tooltipMax = 2000;

/** A lane, or the result of one of its verification commands. */
export type LaneNode =
  | { readonly kind: "lane"; readonly conversationId: string | undefined; readonly lane: Lane }
  | { readonly kind: "verification"; readonly result: VerificationResult };

/** The lanes of the bridge, newest first. */
export class Lanes implements TreeSource<LaneNode> {
  readonly #client: BridgeClient;

  constructor(client: BridgeClient) {
    this.#client = client;
  }

  isAffectedBy({ type }: BridgeEvent): boolean {
    return type.startsWith("lane.");
  }

  async children(node: LaneNode | undefined): Promise<LaneNode[]> {
    if (node !== undefined) {
      return node.kind === "lane"
        ? node.lane.verification.map((result) => ({ kind: "verification", result }))
        : [];
    }
    const { lanes } = (await this.#client.request("GET", `/lanes?limit=${lanesMax}`)) as { lanes: Lane[] };
    return lanes.map((lane) => ({ kind: "lane", conversationId: lane.threadId ?? undefined, lane }));
  }

  item(node: LaneNode): vscode.TreeItem {
    return node.kind === "lane" ? laneItem(node.lane) : verificationItem(node.result);
  }
}

function laneItem(lane: Lane): vscode.TreeItem {
  const item = new vscode.TreeItem(plain(lane.title ?? lane.laneId, labelMax).text);
  const { icon, color, text } = appearances[lane.status];
  item.id = lane.laneId;
  item.iconPath = new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
  item.description = `${text()} · ${formatTimestamp(lane.updatedAt)}`;
  item.tooltip = [lane.laneId, lane.problem, lane.branch, lane.worktreePath ?? lane.repoRoot]
    .flatMap((fact) => (fact ? [plain(fact, tooltipMax).text] : []))
    .join("\n");
  item.accessibilityInformation = { label: `${String(item.label)}, ${item.description}` };
  const { None, Collapsed } = vscode.TreeItemCollapsibleState;
  item.collapsibleState = lane.verification.length > 0 ? Collapsed : None;
  const conversationId = lane.threadId;
  const isActive = ["starting", "running", "needs_approval", "verifying"].includes(lane.status);
  item.contextValue = [
    "lane",
    ...(conversationId ? ["conversation"] : []),
    ...(isActive ? ["active"] : []),
  ].join(" ");
  if (conversationId) {
    item.command = { command: "codexBridge.openConversation", title: "", arguments: [{ conversationId }] };
  }
  return item;
}

function verificationItem({ command, passed, output }: VerificationResult): vscode.TreeItem {
  const item = new vscode.TreeItem(plain(command, labelMax).text);
  item.iconPath = passed
    ? new vscode.ThemeIcon("pass", new vscode.ThemeColor("testing.iconPassed"))
    : new vscode.ThemeIcon("error", new vscode.ThemeColor("list.errorForeground"));
  item.description = passed ? vscode.l10n.t("passed") : vscode.l10n.t("failed");
  item.tooltip = plain(output, tooltipMax).text;
  return item;
}

interface Appearance {
  readonly icon: string;
  readonly color?: string;
  /** A function, because VS Code's translations are not available while modules are being loaded. */
  readonly text: () => string;
}

const appearances: Readonly<Record<LaneStatus, Appearance>> = {
  idle: { icon: "circle-outline", text: () => vscode.l10n.t("idle") },
  starting: { icon: "loading~spin", text: () => vscode.l10n.t("starting") },
  running: { icon: "sync~spin", text: () => vscode.l10n.t("running") },
  needs_approval: {
    icon: "bell-dot",
    color: "list.warningForeground",
    text: () => vscode.l10n.t("waiting for you"),
  },
  blocked: { icon: "warning", color: "list.warningForeground", text: () => vscode.l10n.t("blocked") },
  verifying: { icon: "beaker", text: () => vscode.l10n.t("verifying") },
  done: { icon: "pass", color: "testing.iconPassed", text: () => vscode.l10n.t("done") },
  failed: { icon: "error", color: "list.errorForeground", text: () => vscode.l10n.t("failed") },
  interrupted: { icon: "debug-pause", text: () => vscode.l10n.t("interrupted") },
};
