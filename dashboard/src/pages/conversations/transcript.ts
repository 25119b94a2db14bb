// What was said and done in a conversation: Codex's own history, and over it what is told live.

import type { Job } from "../../api/schemas";
import type { BridgeEvent } from "../../live/events";

/** A piece of a turn, in Codex's words. What it has besides depends on its type. */
export interface Item {
  id: string;
  type: string;
  /** Set where it was asked for, and not told live: its id may be another one then. */
  isOfHistory?: boolean;
  [field: string]: unknown;
}

export interface Turn {
  id: string;
  status: string;
  items: Item[];
  error: string | undefined;
  /** Unified diff of all changes so far. */
  diff: string | undefined;
  plan: Record<string, unknown> | undefined;
}

export interface Transcript {
  turns: Turn[];
  tokens: Record<string, unknown> | undefined;
}

/** More output of a running command is not kept: the end comes with the whole. */
const outputMax = 200_000;

/** The turns of `GET /conversations/{id}`. */
export function ofHistory(turns: unknown[]): Transcript {
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
            isOfHistory: true,
          }))
        : [],
      error: messageOf(error),
      diff: undefined,
      plan: undefined,
    };
  };
  return { turns: turns.map(read), tokens: undefined };
}

/** The transcript with what the bridge keeps of finished turns and Codex's history does not: the last plan, and all changes as one diff. */
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

/** The transcript after these events of its conversation. What is not understood changes nothing. */
export function after(transcript: Transcript, events: BridgeEvent[]): Transcript {
  const draft: Transcript = { ...transcript, turns: [...transcript.turns] };
  const copied = new Set<string>();
  /** The turn, copied once for all events. */
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
    items[at] = { ...item, [field]: text.slice(-outputMax) };
  };
  const put = (turnId: string, item: unknown, isWhole: boolean) => {
    const { id, type } = (item ?? {}) as Record<string, unknown>;
    const one = turn(turnId);
    const told = { ...(item as object), id: String(id ?? ""), type: String(type ?? "") };
    if (isWhole) {
      // History may have it already, by another id.
      one.items = one.items.filter(
        (item) => !(item.isOfHistory && item.id !== told.id && saysTheSame(item, told)),
      );
    }
    const at = one.items.findIndex((item) => item.id === told.id);
    at < 0 ? one.items.push(told) : (one.items[at] = { ...one.items[at], ...told });
  };

  for (const { type, turnId = "", payload } of events) {
    switch (type) {
      case "turn.started":
        turn(turnId).status = "inProgress";
        break;
      case "turn.completed": {
        const ended = (payload["turn"] ?? {}) as Record<string, unknown>;
        const one = turn(turnId);
        one.status = String(ended["status"] ?? "completed");
        one.error = messageOf(ended["error"]);
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

/** Whether two items are one that history and live events call by different ids. */
export function saysTheSame(one: Item, other: Item): boolean {
  const words = (item: Item) =>
    ["text", "content", "command", "aggregatedOutput"].map((field) => textOf(item[field])).join("\n");
  return one.type === other.type && words(one).trim() !== "" && words(one) === words(other);
}

function messageOf(error: unknown): string | undefined {
  if (error === null || error === undefined) {
    return undefined;
  }
  const message = (error as Record<string, unknown>)["message"];
  return typeof message === "string" ? message : JSON.stringify(error);
}

/** A field's text, whatever form it comes in: a string, a list of strings, or of `{text}`. */
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
