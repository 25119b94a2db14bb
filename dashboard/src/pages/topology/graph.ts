// Builds the topology graph, in columns: webhooks, lanes, threads, sessions, processes. A webhook with a
// global scope is connected to one node that represents everything, because edges to every node would make
// the graph unreadable.

import type { ActiveThreadView, Lane, ProcessView, SessionView, Webhook } from "../../api/schemas";
import { firstLine, shortId } from "../../components/format";
import type { GraphEdge, GraphNode } from "../../components/Graph";
import { ownerText } from "../../components/owner";

/** A node with the data of the object that it represents. */
export interface TopologyItem extends GraphNode {
  facts: [string, string | null | undefined][];
  /** The page of the object. */
  page?: { to: "/lanes/$laneId" | "/conversations/$conversationId" | "/webhooks/$webhookId"; id: string };
}

type UnplacedItem = Omit<TopologyItem, "position">;

export interface TopologyInput {
  threads: ActiveThreadView[];
  processes: ProcessView[];
  lanes: Lane[];
  sessions: SessionView[];
  webhooks: Webhook[];
}

const columnWidth = 270;
const rowHeight = 96;
/** The maximum number of nodes per column. The newest are shown. */
const columnMax = 40;

export function topology(input: TopologyInput): {
  items: TopologyItem[];
  edges: GraphEdge[];
  hiddenCount: number;
} {
  const sessions = input.sessions.filter(({ running }) => running);
  const columns: UnplacedItem[][] = [
    input.webhooks.map(webhookItem),
    [...(input.webhooks.some(isGlobal) ? [everything(input)] : []), ...input.lanes.map(laneItem)],
    input.threads.map(threadItem),
    sessions.map(sessionItem),
    input.processes.map(processItem),
  ];
  const items = columns.flatMap((column, x) =>
    column
      .slice(0, columnMax)
      .map((item, y) => ({ ...item, position: { x: x * columnWidth, y: y * rowHeight } })),
  );
  const known = new Set(items.map(({ id }) => id));
  const edges: GraphEdge[] = [];
  const connect = (source: string, target: string, animated = false) => {
    if (known.has(source) && known.has(target)) {
      edges.push({ id: `${source}→${target}`, source, target, animated });
    }
  };
  for (const webhook of input.webhooks) {
    const targets = [
      ...webhook.scope.laneIds.map((id) => `lane ${id}`),
      ...webhook.scope.threadIds.map((id) => `thread ${id}`),
      ...webhook.scope.sessionIds.map((id) => `session ${id}`),
      ...(isGlobal(webhook) ? [everythingId] : []),
    ];
    for (const target of targets) {
      connect(`webhook ${webhook.id}`, target);
    }
  }
  for (const lane of input.lanes) {
    connect(`lane ${lane.laneId}`, `thread ${lane.threadId}`, lane.activeTurnId != null);
  }
  for (const session of sessions) {
    connect(`thread ${session.threadId}`, `session ${session.laneId}`);
    connect(`session ${session.laneId}`, `process ${session.pid}`, session.activeTurnId != null);
  }
  for (const process of input.processes) {
    for (const thread of process.threadIds) {
      // A lane's thread is connected to its process through its session.
      if (!sessions.some(({ threadId, pid }) => threadId === thread && pid === process.pid)) {
        connect(`thread ${thread}`, `process ${process.pid}`);
      }
    }
  }
  return {
    items,
    edges,
    hiddenCount: columns.reduce((sum, column) => sum + Math.max(0, column.length - columnMax), 0),
  };
}

const everythingId = "scope everything";

const isGlobal = ({ scopeKinds }: Webhook) => scopeKinds.includes("global");

function scopeOf({ scope }: Webhook): string {
  const kinds: [string, string[]][] = [
    ["lanes", scope.laneIds],
    ["threads", scope.threadIds],
    ["sessions", scope.sessionIds],
  ];
  return kinds.flatMap(([kind, ids]) => (ids.length > 0 ? [`${kind} ${ids.join(", ")}`] : [])).join("; ");
}

/** Returns the node that represents everything, the scope of global webhooks. */
function everything({ webhooks, lanes, threads, sessions }: TopologyInput): UnplacedItem {
  const globalWebhooks = webhooks.filter(isGlobal);
  return {
    id: everythingId,
    kind: "scope",
    label: "Everything",
    detail: "all lanes, threads, sessions",
    facts: [
      ["Webhooks", globalWebhooks.map(({ url }) => url).join(", ")],
      ["Lanes", String(lanes.length)],
      ["Threads", `${threads.length} in the last hour`],
      ["Sessions", String(sessions.length)],
    ],
  };
}

function webhookItem(webhook: Webhook): UnplacedItem {
  return {
    id: `webhook ${webhook.id}`,
    kind: "webhook",
    label: webhook.url.replace(/^https?:\/\//, ""),
    detail: webhook.events.join(", "),
    status: !webhook.enabled ? "disabled" : webhook.pausedAt ? "paused" : "good",
    facts: [
      ["URL", webhook.url],
      ["Events", webhook.events.join(", ")],
      [
        "Scope",
        isGlobal(webhook)
          ? "everything: all current and future lanes, threads, and sessions"
          : scopeOf(webhook),
      ],
      ["Last error", webhook.lastError],
    ],
    page: { to: "/webhooks/$webhookId", id: webhook.id },
  };
}

function laneItem(lane: Lane): UnplacedItem {
  return {
    id: `lane ${lane.laneId}`,
    kind: "lane",
    label: lane.title ?? lane.laneId,
    status: lane.status,
    facts: [
      ["Lane", lane.laneId],
      ["Thread", lane.threadId],
      ["Directory", lane.worktreePath ?? lane.repoRoot],
      ["Isolation", lane.sessionIsolation],
      ["Problem", lane.problem],
    ],
    page: { to: "/lanes/$laneId", id: lane.laneId },
  };
}

function threadItem(thread: ActiveThreadView): UnplacedItem {
  return {
    id: `thread ${thread.id}`,
    kind: "thread",
    label: thread.title ?? (firstLine(thread.preview ?? "") || shortId(thread.id)),
    detail: thread.source,
    ...(thread.activeTurnId && { status: "running" }),
    facts: [
      ["Thread", thread.id],
      ["Source", thread.source],
      ["Directory", thread.cwd],
      ["Owner", ownerText(thread.owner)],
      ["Parent", thread.lineage.parentThreadId ?? thread.lineage.forkedFromThreadId],
      ["Job", thread.activeJobId],
    ],
    page: { to: "/conversations/$conversationId", id: thread.id },
  };
}

function sessionItem(session: SessionView): UnplacedItem {
  return {
    id: `session ${session.laneId}`,
    kind: "session",
    label: session.laneId,
    detail: session.isolation,
    facts: [
      ["Lane", session.laneId],
      ["Thread", session.threadId],
      ["Process", session.pid == null ? undefined : String(session.pid)],
      ["Started", session.startedAt],
    ],
    page: { to: "/lanes/$laneId", id: session.laneId },
  };
}

function processItem(process: ProcessView): UnplacedItem {
  return {
    id: `process ${process.pid}`,
    kind: "process",
    label: `${process.kind} ${process.pid}`,
    detail: process.own ? "this bridge" : (process.parent?.program ?? "another program"),
    facts: [
      ["Process", String(process.pid)],
      ["Kind", process.kind],
      ["Started by", process.parent ? `${process.parent.program} (${process.parent.pid})` : undefined],
      ["Directory", process.cwd],
      ["Started", process.startedAt],
      ["Threads", process.threadIds.join(", ")],
    ],
  };
}
