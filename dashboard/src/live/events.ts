// The bridge's stream of events: read, kept alive, and caught up after a break.
//
// Not an EventSource: that knows event types only one by one, and does not tell a bridge that refuses from one that is away.

import { createParser } from "eventsource-parser";

import { ApiError, reach, refusal } from "../api/client";

/** The `data` of an event. */
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

/** Whether the page hears of what happens. */
export type Connection =
  | { state: "connecting" }
  | { state: "connected" }
  | { state: "disconnected"; since: number; error: ApiError };

export interface Listener {
  /** What came since the last frame, in order; at most so often as the screen is drawn. */
  events: (events: BridgeEvent[]) => void;
  connection: (connection: Connection) => void;
  /** Events were missed that will not come again: what is shown must be asked for anew. */
  missed: () => void;
}

/** The bridge says "still there" every 15 s; a stream that is silent for longer is dead. */
const silenceMs = 40_000;
const firstRetryMs = 500;
const lastRetryMs = 8_000;

/** Listens until the signal aborts. */
export async function listen(listener: Listener, signal: AbortSignal): Promise<void> {
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
        // Recorded events come again, live ones do not.
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
        // Another log, which has not come so far: a bridge with a new data folder.
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
  const response = await reach("/events", { headers, signal, cache: "no-store", credentials: "same-origin" });
  if (!response.ok || response.body === null) {
    throw await refusal(response);
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

/** Hands events on together, once a frame: hundreds a second must not mean hundreds of renderings. */
function batched(hand: (events: BridgeEvent[]) => void, signal: AbortSignal): (event: BridgeEvent) => void {
  let waiting: BridgeEvent[] = [];
  const flush = () => {
    const events = waiting;
    waiting = [];
    if (!signal.aborted) {
      hand(events);
    }
  };
  return (event) => {
    waiting.push(event);
    if (waiting.length === 1) {
      // A page in the background gets no frames.
      document.hidden ? setTimeout(flush, 250) : requestAnimationFrame(flush);
    }
  };
}

/** The time of a retry, or less: whoever comes back to the page wants it now. */
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
