// What happens, for the whole page: one stream, whose events make what was asked for stale.

import { type QueryClient, type QueryKey, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from "react";

import { type BridgeEvent, type Connection, listen } from "./events";

type Hear = (events: BridgeEvent[]) => void;

interface LiveContext {
  connection: Connection;
  subscribe: (hear: Hear) => () => void;
}

const Context = createContext<LiveContext | undefined>(undefined);

/** What the first word of an event's type makes stale. */
const staleBy: Record<string, string[]> = {
  job: ["jobs", "job", "statistics", "health", "conversations"],
  approval: ["approvals", "jobs", "job", "lanes"],
  lane: ["lanes", "sessions", "approvals"],
  conversation: ["conversations", "conversation", "threads"],
  webhook: ["webhooks", "deliveries"],
  turn: [],
  item: [],
  thread: [],
};
/** The same lists are asked for at most so often, however much happens. */
const refreshMs = 400;

/** Listens for all that is inside of it. */
export function Live({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [connection, setConnection] = useState<Connection>({ state: "connecting" });
  const hearers = useRef(new Set<Hear>());

  useEffect(() => {
    const abort = new AbortController();
    const refresh = refresher(queries, abort.signal);
    void listen(
      {
        events: (events) => {
          refresh(events);
          hearers.current.forEach((hear) => hear(events));
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
      subscribe: (hear: Hear) => {
        hearers.current.add(hear);
        return () => hearers.current.delete(hear);
      },
    }),
    [connection],
  );
  return <Context value={value}>{children}</Context>;
}

/** Collects what events make stale, and has it asked for again, together. */
function refresher(queries: QueryClient, signal: AbortSignal): Hear {
  const stale = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  signal.addEventListener("abort", () => clearTimeout(timer));
  return (events) => {
    for (const { type } of events) {
      staleBy[type.slice(0, Math.max(type.indexOf("."), 0))]?.forEach((key) => stale.add(key));
    }
    if (stale.size > 0 && timer === undefined) {
      timer = setTimeout(() => {
        timer = undefined;
        const keys: QueryKey[] = [...stale].map((key) => [key]);
        stale.clear();
        keys.forEach((queryKey) => void queries.invalidateQueries({ queryKey }));
      }, refreshMs);
    }
  };
}

function useLive(): LiveContext {
  const live = useContext(Context);
  if (live === undefined) {
    throw new Error("used outside of <Live>");
  }
  return live;
}

/** Whether the page hears of what happens. */
export function useConnection(): Connection {
  return useLive().connection;
}

/** Calls `hear` with the events of each frame. */
export function useEvents(hear: Hear) {
  const { subscribe } = useLive();
  const latest = useRef(hear);
  useEffect(() => {
    latest.current = hear;
  });
  useEffect(() => subscribe((events) => latest.current(events)), [subscribe]);
}
