import { FileDiff } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { memo } from "react";

import { Diff } from "../../components/Diff";
import { ErrorNote } from "../../components/ErrorNote";
import { Status } from "../../components/Status";
import { ItemView } from "./ItemView";
import { Plan } from "./Plan";
import type { Transcript, Turn } from "./transcript";

/** So many turns are shown at first; older ones when somebody asks. */
const turnsShown = 30;
/** Whoever is so near to the end wants to stay there. */
const nearPixels = 80;

/** All that was said and done, the newest at the end, which it follows. */
export function TranscriptView({ transcript, children }: { transcript: Transcript; children: ReactNode }) {
  const scroll = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const [shown, setShown] = useState(turnsShown);
  const { turns } = transcript;

  useLayoutEffect(() => {
    if (follows.current && scroll.current !== null) {
      scroll.current.scrollTop = scroll.current.scrollHeight;
    }
  });
  useEffect(() => {
    const element = scroll.current;
    const onScroll = () => {
      if (element !== null) {
        follows.current = element.scrollHeight - element.scrollTop - element.clientHeight < nearPixels;
      }
    };
    element?.addEventListener("scroll", onScroll, { passive: true });
    return () => element?.removeEventListener("scroll", onScroll);
  }, []);

  return (
    <div ref={scroll} className="transcript" tabIndex={0} role="log" aria-label="Transcript" aria-live="off">
      {turns.length > shown && (
        <button type="button" className="button" onClick={() => setShown(shown + 100)}>
          Show {Math.min(100, turns.length - shown)} earlier turns
        </button>
      )}
      {turns.slice(-shown).map((turn) => (
        <TurnView key={turn.id} turn={turn} />
      ))}
      {children}
    </div>
  );
}

const TurnView = memo(function TurnView({ turn }: { turn: Turn }) {
  // Where each change is shown by itself, all of them together are for whoever asks.
  const showsChanges = turn.items.some(({ type }) => type === "fileChange");
  return (
    <section className="turn" aria-label="Turn">
      {turn.items.map((item) => (
        <ItemView key={item.id} item={item} />
      ))}
      {turn.plan !== undefined && (
        <div className="item" role="group" aria-label="Plan">
          <Plan plan={turn.plan} />
        </div>
      )}
      {turn.diff && <WholeDiff diff={turn.diff} isOpen={!showsChanges} />}
      {turn.error !== undefined && <ErrorNote error={new Error(turn.error)} />}
      {turn.status !== "completed" && turn.status !== "" && <Status status={turn.status} />}
    </section>
  );
});

function WholeDiff({ diff, isOpen }: { diff: string; isOpen: boolean }) {
  const [open, setOpen] = useState(isOpen);
  return (
    <details className="item" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <FileDiff aria-hidden /> All changes of this turn
      </summary>
      {open && <Diff diff={diff} />}
    </details>
  );
}
