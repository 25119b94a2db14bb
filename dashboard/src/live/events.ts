// Reads the bridge's event stream, reconnects when it breaks, and reports missed events.
//
// An EventSource would not do: it needs a handler for each event type, and it cannot tell a bridge that
// rejects the request from one that is unreachable.

import { createParser } from "eventsource-parser";

import { ApiError, errorOf, send } from "../api/client";

/** The `data` field of a server-sent event. */
export interface BridgeEvent {
  eventId?: number;
  at: string;
  type: string;
  jobId?: string;
  conversationId?: string;
  turnId?: string;
  laneId?: string;
  payload: Record<string, unknown>;
}

/** The state of the event stream. */
export type Connection =
  | { state: "connecting" }
  | { state: "connected" }
  | { state: "disconnected"; since: number; error: ApiError };

export interface StreamListener {
  /** Called at most once per frame with the events since the last call, in order. */
  events: (events: BridgeEvent[]) => void;
  connection: (connection: Connection) => void;
  /** Called when events were lost for good, so that all data must be fetched again. */
  missed: () => void;
}

/** The bridge sends a keep-alive every 15 s. A stream that is silent for this long is dead. */
const silenceMs = 40_000;
const firstRetryMs = 500;
const lastRetryMs = 8_000;

/** Listens until the signal aborts. */
export async function listen(listener: StreamListener, signal: AbortSignal): Promise<void> {
  const batch = batched(listener.events, signal);
  let lastEventId: string | undefined;
  let retryMs = firstRetryMs;
  let since: number | undefined;
  while (!signal.aborted) {
    let error = new ApiError(0, "closed", "The bridge closed the connection.");
    try {
      const silence = new AbortController();
      const body = await open(lastEventId, AbortSignal.any([signal, silence.signal]));
      listener.connection({ state: "connected" });
      if (since !== undefined) {
        // The bridge replays recorded events, but not live ones.
        listener.missed();
      }
      since = undefined;
      retryMs = firstRetryMs;
      const parser = createParser({
        onEvent: ({ id, event, data }) => {
          lastEventId = id ?? lastEventId;
          if (event === "stream.gap") {
            listener.missed();
          } else if (event !== "stream.too_far_behind") {
            batch(JSON.parse(data) as BridgeEvent);
          }
        },
      });
      await read(body, (text) => parser.feed(text), silence);
    } catch (caught) {
      if (signal.aborted) {
        return;
      }
      error = caught instanceof ApiError ? caught : error;
      if (error.status === 400) {
        // The event log is a new one and has no such event: the bridge has a new data directory.
        lastEventId = undefined;
      }
    }
    since ??= Date.now();
    listener.connection({ state: "disconnected", since, error });
    await wait(retryMs, signal);
    retryMs = Math.min(retryMs * 2, lastRetryMs);
  }
}

async function open(
  lastEventId: string | undefined,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const headers: Record<string, string> = lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId };
  const response = await send("/events", { headers, signal, cache: "no-store", credentials: "same-origin" });
  if (!response.ok || response.body === null) {
    throw await errorOf(response);
  }
  return response.body;
}

async function read(
  body: ReadableStream<Uint8Array>,
  feed: (text: string) => void,
  silence: AbortController,
) {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  for (;;) {
    const timer = setTimeout(() => silence.abort(), silenceMs);
    try {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      feed(value);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Returns a function that passes events on once per frame, because there may be hundreds per second. */
function batched(pass: (events: BridgeEvent[]) => void, signal: AbortSignal): (event: BridgeEvent) => void {
  let pending: BridgeEvent[] = [];
  const flush = () => {
    const events = pending;
    pending = [];
    if (!signal.aborted) {
      pass(events);
    }
  };
  return (event) => {
    pending.push(event);
    if (pending.length === 1) {
      // A page in the background has no frames.
      document.hidden ? setTimeout(flush, 250) : requestAnimationFrame(flush);
    }
  };
}

/**
 * Waits until the next attempt. Ends early when the browser is online again or the user returns to the page.
 */
function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      document.removeEventListener("visibilitychange", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    addEventListener("online", end);
    document.addEventListener("visibilitychange", end);
    signal.addEventListener("abort", end, { once: true });
  });
}
