// The transcript of a conversation: Codex's history, updated by live events.

import type { Job } from "../../api/schemas";
import type { BridgeEvent } from "../../live/events";

/** An item of a turn, with Codex's field names. Its other fields depend on its type. */
export interface Item {
  id: string;
  type: string;
  /** Set for items from the history. There, an item can have a different id than in live events. */
  isFromHistory?: boolean;
  [field: string]: unknown;
}

export interface Turn {
  id: string;
  status: string;
  items: Item[];
  error: string | undefined;
  /** A unified diff of all changes so far. */
  diff: string | undefined;
  plan: Record<string, unknown> | undefined;
}

export interface Transcript {
  turns: Turn[];
  tokens: Record<string, unknown> | undefined;
}

/** The maximum length of streamed text. The completed item has the whole text. */
const streamedTextMax = 200_000;

/** Returns the transcript for the turns of `GET /conversations/{id}`. */
export function fromHistory(turns: unknown[]): Transcript {
  const read = (turn: unknown): Turn => {
    const { turnId, status, items, error } = (turn ?? {}) as Record<string, unknown>;
    return {
      id: String(turnId ?? ""),
      status: String(status ?? ""),
      items: Array.isArray(items)
        ? items.map((item) => ({
            ...item,
            id: String(item?.id ?? ""),
            type: String(item?.type ?? ""),
            isFromHistory: true,
          }))
        : [],
      error: messageOf(error),
      diff: undefined,
      plan: undefined,
    };
  };
  return { turns: turns.map(read), tokens: undefined };
}

/**
 * Adds the results of jobs to a transcript. The bridge keeps the last plan and the complete diff of finished
 * turns, which Codex's history lacks.
 */
export function withResults(transcript: Transcript, jobs: Job[]): Transcript {
  const results = new Map(
    jobs.flatMap(({ turnId, result }) => (turnId && result ? [[turnId, result] as const] : [])),
  );
  const turns = transcript.turns.map((turn) => {
    const { plan, diff } = results.get(turn.id) ?? {};
    return plan || diff
      ? { ...turn, plan: turn.plan ?? plan ?? undefined, diff: turn.diff ?? diff ?? undefined }
      : turn;
  });
  return { ...transcript, turns };
}

/** Returns the transcript updated by events of its conversation. Unknown events are ignored. */
export function withEvents(transcript: Transcript, events: BridgeEvent[]): Transcript {
  const draft: Transcript = { ...transcript, turns: [...transcript.turns] };
  const copied = new Set<string>();
  /** Returns the draft's turn, which is copied once for all events. */
  const turn = (id: string): Turn => {
    let at = draft.turns.findLastIndex((turn) => turn.id === id);
    if (at < 0) {
      at =
        draft.turns.push({
          id,
          status: "inProgress",
          items: [],
          error: undefined,
          diff: undefined,
          plan: undefined,
        }) - 1;
    }
    const found = draft.turns[at] as Turn;
    if (copied.has(id)) {
      return found;
    }
    copied.add(id);
    const copy = { ...found, items: [...found.items] };
    draft.turns[at] = copy;
    return copy;
  };
  const append = (turnId: string, itemId: unknown, type: string, field: string, delta: unknown) => {
    const { items } = turn(turnId);
    let at = items.findIndex((item) => item.id === itemId);
    if (at < 0) {
      at = items.push({ id: String(itemId), type }) - 1;
    }
    const item = items[at] as Item;
    const text = `${typeof item[field] === "string" ? item[field] : ""}${String(delta ?? "")}`;
    items[at] = { ...item, [field]: text.slice(-streamedTextMax) };
  };
  const put = (turnId: string, item: unknown, isComplete: boolean) => {
    const { id, type } = (item ?? {}) as Record<string, unknown>;
    const target = turn(turnId);
    const received = { ...(item as object), id: String(id ?? ""), type: String(type ?? "") };
    if (isComplete) {
      // The history may have the same item under a different id.
      target.items = target.items.filter(
        (item) => !(item.isFromHistory && item.id !== received.id && haveSameContent(item, received)),
      );
    }
    const at = target.items.findIndex((item) => item.id === received.id);
    if (at < 0) {
      target.items.push(received);
    } else {
      target.items[at] = { ...target.items[at], ...received };
    }
  };

  for (const { type, turnId = "", payload } of events) {
    switch (type) {
      case "turn.started":
        turn(turnId).status = "inProgress";
        break;
      case "turn.completed": {
        const ended = (payload["turn"] ?? {}) as Record<string, unknown>;
        const target = turn(turnId);
        target.status = String(ended["status"] ?? "completed");
        target.error = messageOf(ended["error"]);
        break;
      }
      case "item.started":
        put(turnId, payload["item"], false);
        break;
      case "item.completed":
        put(turnId, payload["item"], true);
        break;
      case "item.agentMessage.delta":
        append(turnId, payload["itemId"], "agentMessage", "text", payload["delta"]);
        break;
      case "item.reasoning.summaryTextDelta":
        append(turnId, payload["itemId"], "reasoning", "summaryText", payload["delta"]);
        break;
      case "item.commandExecution.outputDelta":
        append(turnId, payload["itemId"], "commandExecution", "aggregatedOutput", payload["delta"]);
        break;
      case "turn.diff.updated":
        turn(turnId).diff = String(payload["diff"] ?? "");
        break;
      case "turn.plan.updated":
        turn(turnId).plan = payload;
        break;
      case "thread.tokenUsage.updated":
        draft.tokens = (payload["tokenUsage"] ?? undefined) as Transcript["tokens"];
        break;
      default:
    }
  }
  return draft;
}

/**
 * Returns whether two items with different ids, one from the history and one from live events, are the same
 * item.
 */
export function haveSameContent(a: Item, b: Item): boolean {
  const content = (item: Item) =>
    ["text", "content", "command", "aggregatedOutput"].map((field) => textOf(item[field])).join("\n");
  return a.type === b.type && content(a).trim() !== "" && content(a) === content(b);
}

function messageOf(error: unknown): string | undefined {
  if (error === null || error === undefined) {
    return undefined;
  }
  const message = (error as Record<string, unknown>)["message"];
  return typeof message === "string" ? message : JSON.stringify(error);
}

/** Returns the text of a field, which is a string, a list of strings, or a list of `{text}`. */
export function textOf(value: unknown): string {
  if (typeof value === "string") {
    return value;
  }
  if (Array.isArray(value)) {
    return value
      .map((part) => (typeof part === "string" ? part : textOf((part as Record<string, unknown>)?.["text"])))
      .join("\n");
  }
  return "";
}
