// The event stream of the whole page. Its events invalidate cached queries and reach the components that
// listen.

import { type QueryClient, type QueryKey, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from "react";

import { type BridgeEvent, type Connection, listen } from "./events";

type Listener = (events: BridgeEvent[]) => void;

interface LiveContext {
  connection: Connection;
  subscribe: (listener: Listener) => () => void;
}

const Context = createContext<LiveContext | undefined>(undefined);

/** The query keys that an event invalidates, by the first part of its type. */
const invalidatedBy: Record<string, string[]> = {
  job: ["jobs", "job", "statistics", "health", "conversations"],
  approval: ["approvals", "jobs", "job", "lanes"],
  lane: ["lanes", "sessions", "approvals"],
  conversation: ["conversations", "conversation", "threads"],
  webhook: ["webhooks", "deliveries"],
  turn: [],
  item: [],
  thread: [],
};
/** The minimum time between two refreshes, however many events arrive. */
const refreshMs = 400;

/** Provides the event stream to its children. */
export function Live({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [connection, setConnection] = useState<Connection>({ state: "connecting" });
  const listeners = useRef(new Set<Listener>());

  useEffect(() => {
    const abort = new AbortController();
    const refresh = refresher(queries, abort.signal);
    void listen(
      {
        events: (events) => {
          refresh(events);
          for (const listener of listeners.current) {
            listener(events);
          }
        },
        connection: setConnection,
        missed: () => void queries.invalidateQueries(),
      },
      abort.signal,
    );
    return () => abort.abort();
  }, [queries]);

  const value = useMemo(
    () => ({
      connection,
      subscribe: (listener: Listener) => {
        listeners.current.add(listener);
        return () => listeners.current.delete(listener);
      },
    }),
    [connection],
  );
  return <Context value={value}>{children}</Context>;
}

/** Returns a listener that collects the query keys which events invalidate, and invalidates them together. */
function refresher(queries: QueryClient, signal: AbortSignal): Listener {
  const stale = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  signal.addEventListener("abort", () => clearTimeout(timer));
  return (events) => {
    for (const { type } of events) {
      for (const key of invalidatedBy[type.slice(0, Math.max(type.indexOf("."), 0))] ?? []) {
        stale.add(key);
      }
    }
    if (stale.size > 0 && timer === undefined) {
      timer = setTimeout(() => {
        timer = undefined;
        const keys: QueryKey[] = [...stale].map((key) => [key]);
        stale.clear();
        for (const queryKey of keys) {
          void queries.invalidateQueries({ queryKey });
        }
      }, refreshMs);
    }
  };
}

function useLive(): LiveContext {
  const live = useContext(Context);
  if (live === undefined) {
    throw new Error("This hook needs a <Live> above it.");
  }
  return live;
}

/** Returns the state of the event stream. */
export function useConnection(): Connection {
  return useLive().connection;
}

/** Calls `listener` with the events of each frame. */
export function useEvents(listener: Listener) {
  const { subscribe } = useLive();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => subscribe((events) => latest.current(events)), [subscribe]);
}
