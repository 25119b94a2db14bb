import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import type { Job } from "../../api/schemas";
import { useEvents } from "../../live/Live";
import { after, type Item, ofHistory, saysTheSame, type Transcript, withResults } from "./transcript";

const nothing: Transcript = { turns: [], tokens: undefined };

/** The transcript of a conversation: its history with the results of its jobs, and what happens since. */
export function useTranscript(
  conversationId: string,
  history: unknown[] | null | undefined,
  jobs: Job[] | undefined,
): Transcript {
  const queries = useQueryClient();
  const [transcript, setTranscript] = useState(nothing);
  const latest = useRef(transcript);
  const show = (next: Transcript) => {
    latest.current = next;
    setTranscript(next);
  };

  useEffect(() => {
    if (history) {
      show(withResults(joined(ofHistory(history), latest.current), jobs ?? []));
    }
  }, [history, jobs]);

  useEvents((events) => {
    const own = events.filter((event) => event.conversationId === conversationId);
    if (own.length > 0) {
      show(after(latest.current, own));
    }
    if (own.some(({ type }) => /^job\.(completed|failed)$/.test(type))) {
      // The history has the whole of it now, in its final words.
      const queryKey = ["conversation", conversationId];
      // An answer that is still on its way is from before the end.
      void queries.cancelQueries({ queryKey }).then(() => queries.invalidateQueries({ queryKey }));
    }
  });
  return transcript;
}

/** Of a turn that still runs, history and live events each know a part; for the rest history has the last word. */
function joined(history: Transcript, live: Transcript): Transcript {
  const turns = history.turns.map((turn) => {
    const heard = live.turns.find(({ id }) => id === turn.id);
    if (heard === undefined) {
      return turn;
    }
    if (turn.status !== "inProgress") {
      return { ...turn, diff: heard.diff, plan: heard.plan };
    }
    const isKnown = (item: Item) => turn.items.some((one) => one.id === item.id || saysTheSame(one, item));
    return { ...heard, items: [...turn.items, ...heard.items.filter((item) => !isKnown(item))] };
  });
  const begun = live.turns.filter(
    ({ id, status }) => status === "inProgress" && !turns.some((turn) => turn.id === id),
  );
  return { turns: [...turns, ...begun], tokens: live.tokens };
}
