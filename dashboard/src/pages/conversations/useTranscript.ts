import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";

import type { Job } from "../../api/schemas";
import { useEvents } from "../../live/Live";
import {
  fromHistory,
  haveSameContent,
  type Item,
  type Transcript,
  withEvents,
  withResults,
} from "./transcript";

const emptyTranscript: Transcript = { turns: [], tokens: undefined };

/** Returns the transcript of a conversation: its history, the results of its jobs, and live events. */
export function useTranscript(
  conversationId: string,
  history: unknown[] | null | undefined,
  jobs: Job[] | undefined,
): Transcript {
  const queries = useQueryClient();
  const [transcript, setTranscript] = useState(emptyTranscript);
  const latest = useRef(transcript);
  const show = useCallback((next: Transcript) => {
    latest.current = next;
    setTranscript(next);
  }, []);

  useEffect(() => {
    if (history) {
      show(withResults(joined(fromHistory(history), latest.current), jobs ?? []));
    }
  }, [history, jobs, show]);

  useEvents((events) => {
    const own = events.filter((event) => event.conversationId === conversationId);
    if (own.length > 0) {
      show(withEvents(latest.current, own));
    }
    if (own.some(({ type }) => /^job\.(completed|failed)$/.test(type))) {
      // The history now has the completed turn.
      const queryKey = ["conversation", conversationId];
      // A reply still in flight may predate the end of the turn.
      void queries.cancelQueries({ queryKey }).then(() => queries.invalidateQueries({ queryKey }));
    }
  });
  return transcript;
}

/**
 * Merges history and live events. For a running turn each of them knows a part; otherwise the history wins.
 */
function joined(history: Transcript, live: Transcript): Transcript {
  const turns = history.turns.map((turn) => {
    const liveTurn = live.turns.find(({ id }) => id === turn.id);
    if (liveTurn === undefined) {
      return turn;
    }
    if (turn.status !== "inProgress") {
      return { ...turn, diff: liveTurn.diff, plan: liveTurn.plan };
    }
    const isKnown = (item: Item) =>
      turn.items.some((known) => known.id === item.id || haveSameContent(known, item));
    return { ...liveTurn, items: [...turn.items, ...liveTurn.items.filter((item) => !isKnown(item))] };
  });
  const started = live.turns.filter(
    ({ id, status }) => status === "inProgress" && !turns.some((turn) => turn.id === id),
  );
  return { turns: [...turns, ...started], tokens: live.tokens };
}
