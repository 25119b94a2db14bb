// What there is and how it hangs together, in columns: webhooks, lanes, threads, sessions, processes. A webhook whose scope nothing narrows
// leads to one node that stands for everything: a line to each of them would hide the picture.

import type { ActiveThreadView, Lane, ProcessView, SessionView, Webhook } from "../../api/schemas";
import { firstLine, shortId } from "../../components/format";
import type { GraphEdge, GraphNode } from "../../components/Graph";

/** A node, with what it stands for. */
export interface Thing extends GraphNode {
  facts: [string, string | null | undefined][];
  /** Its page. */
  page?: { to: "/lanes/$laneId" | "/conversations/$conversationId" | "/webhooks/$webhookId"; id: string };
}

export interface Parts {
  threads: ActiveThreadView[];
  processes: ProcessView[];
  lanes: Lane[];
  sessions: SessionView[];
  webhooks: Webhook[];
}

const columnWidth = 270;
const rowHeight = 96;
/** A column with more is no picture any more; the newest are shown. */
const columnMax = 40;

export function topology(parts: Parts): { things: Thing[]; edges: GraphEdge[]; left: number } {
  const sessions = parts.sessions.filter(({ running }) => running);
  const columns: Omit<Thing, "position">[][] = [
    parts.webhooks.map(webhookThing),
    [...(parts.webhooks.some(isGlobal) ? [everything(parts)] : []), ...parts.lanes.map(laneThing)],
    parts.threads.map(threadThing),
    sessions.map(sessionThing),
    parts.processes.map(processThing),
  ];
  const things = columns.flatMap((column, x) =>
    column
      .slice(0, columnMax)
      .map((thing, y) => ({ ...thing, position: { x: x * columnWidth, y: y * rowHeight } })),
  );
  const known = new Set(things.map(({ id }) => id));
  const edges: GraphEdge[] = [];
  const connect = (source: string, target: string, animated = false) => {
    if (known.has(source) && known.has(target)) {
      edges.push({ id: `${source}→${target}`, source, target, animated });
    }
  };
  for (const webhook of parts.webhooks) {
    webhook.scope.laneIds.forEach((lane) => connect(`webhook ${webhook.id}`, `lane ${lane}`));
    webhook.scope.threadIds.forEach((thread) => connect(`webhook ${webhook.id}`, `thread ${thread}`));
    webhook.scope.sessionIds.forEach((session) => connect(`webhook ${webhook.id}`, `session ${session}`));
    if (isGlobal(webhook)) {
      connect(`webhook ${webhook.id}`, everythingId);
    }
  }
  for (const lane of parts.lanes) {
    connect(`lane ${lane.laneId}`, `thread ${lane.threadId}`, lane.activeTurnId != null);
  }
  for (const session of sessions) {
    connect(`thread ${session.threadId}`, `session ${session.laneId}`);
    connect(`session ${session.laneId}`, `process ${session.pid}`, session.activeTurnId != null);
  }
  for (const process of parts.processes) {
    for (const thread of process.threadIds) {
      // Of a lane's thread the session stands in between.
      if (!sessions.some(({ threadId, pid }) => threadId === thread && pid === process.pid)) {
        connect(`thread ${thread}`, `process ${process.pid}`);
      }
    }
  }
  return {
    things,
    edges,
    left: columns.reduce((left, column) => left + Math.max(0, column.length - columnMax), 0),
  };
}

const everythingId = "scope everything";

const isGlobal = ({ scopeKinds }: Webhook) => scopeKinds.includes("global");

function scopeOf({ scope }: Webhook): string {
  const named: [string, string[]][] = [
    ["lanes", scope.laneIds],
    ["threads", scope.threadIds],
    ["sessions", scope.sessionIds],
  ];
  return named.flatMap(([what, ids]) => (ids.length > 0 ? [`${what} ${ids.join(", ")}`] : [])).join("; ");
}

/** What webhooks hear of that do not choose. */
function everything({ webhooks, lanes, threads, sessions }: Parts): Omit<Thing, "position"> {
  const hearing = webhooks.filter(isGlobal);
  return {
    id: everythingId,
    kind: "scope",
    label: "Everything",
    detail: "all lanes, threads, sessions",
    facts: [
      ["Heard by", hearing.map(({ url }) => url).join(", ")],
      ["Lanes", String(lanes.length)],
      ["Threads", `${threads.length} of the last hour`],
      ["Sessions", String(sessions.length)],
    ],
  };
}

function webhookThing(webhook: Webhook): Omit<Thing, "position"> {
  return {
    id: `webhook ${webhook.id}`,
    kind: "webhook",
    label: webhook.url.replace(/^https?:\/\//, ""),
    detail: webhook.events.join(", "),
    status: !webhook.enabled ? "disabled" : webhook.pausedAt ? "paused" : "good",
    facts: [
      ["Address", webhook.url],
      ["Events", webhook.events.join(", ")],
      [
        "Scope",
        isGlobal(webhook)
          ? "everything: all lanes, threads and sessions, also those to come"
          : scopeOf(webhook),
      ],
      ["Last error", webhook.lastError],
    ],
    page: { to: "/webhooks/$webhookId", id: webhook.id },
  };
}

function laneThing(lane: Lane): Omit<Thing, "position"> {
  return {
    id: `lane ${lane.laneId}`,
    kind: "lane",
    label: lane.title ?? lane.laneId,
    status: lane.status,
    facts: [
      ["Lane", lane.laneId],
      ["Thread", lane.threadId],
      ["Folder", lane.worktreePath ?? lane.repoRoot],
      ["Isolation", lane.sessionIsolation],
      ["Problem", lane.problem],
    ],
    page: { to: "/lanes/$laneId", id: lane.laneId },
  };
}

function threadThing(thread: ActiveThreadView): Omit<Thing, "position"> {
  return {
    id: `thread ${thread.id}`,
    kind: "thread",
    label: thread.title ?? (firstLine(thread.preview ?? "") || shortId(thread.id)),
    detail: thread.source,
    ...(thread.activeTurnId && { status: "running" }),
    facts: [
      ["Thread", thread.id],
      ["Source", thread.source],
      ["Folder", thread.cwd],
      [
        "Owner",
        thread.owner.kind === "other" ? `${thread.owner.program} (${thread.owner.pid})` : thread.owner.kind,
      ],
      ["Comes from", thread.lineage.parentThreadId ?? thread.lineage.forkedFromThreadId],
      ["Job", thread.activeJobId],
    ],
    page: { to: "/conversations/$conversationId", id: thread.id },
  };
}

function sessionThing(session: SessionView): Omit<Thing, "position"> {
  return {
    id: `session ${session.laneId}`,
    kind: "session",
    label: session.laneId,
    detail: session.isolation,
    facts: [
      ["Lane", session.laneId],
      ["Thread", session.threadId],
      ["Process", session.pid == null ? undefined : String(session.pid)],
      ["Since", session.startedAt],
    ],
    page: { to: "/lanes/$laneId", id: session.laneId },
  };
}

function processThing(process: ProcessView): Omit<Thing, "position"> {
  return {
    id: `process ${process.pid}`,
    kind: "process",
    label: `${process.kind} ${process.pid}`,
    detail: process.own ? "of this bridge" : (process.parent?.program ?? "of another program"),
    facts: [
      ["Process", String(process.pid)],
      ["Kind", process.kind],
      ["Started by", process.parent ? `${process.parent.program} (${process.parent.pid})` : undefined],
      ["Folder", process.cwd],
      ["Since", process.startedAt],
      ["Threads", process.threadIds.join(", ")],
    ],
  };
}
