import { FileDiff, ListChecks, type LucideIcon } from "lucide-react";
import { memo, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";

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
  const isRunning = turn.status === "inProgress";
  const showsChanges = turn.items.some(({ type }) => type === "fileChange");
  return (
    <section className="turn" aria-label="Turn">
      {turn.items.map((item) => (
        <ItemView key={item.id} item={item} />
      ))}
      {turn.plan !== undefined && (
        <Part icon={ListChecks} title="Plan" startsOpen={isRunning}>
          <Plan plan={turn.plan} isOver={!isRunning} />
        </Part>
      )}
      {turn.diff && (
        <Part icon={FileDiff} title="All changes of this turn" startsOpen={!showsChanges}>
          <Diff diff={turn.diff} />
        </Part>
      )}
      {turn.error !== undefined && <ErrorNote error={new Error(turn.error)} />}
      {turn.status !== "completed" && turn.status !== "" && <Status status={turn.status} />}
    </section>
  );
});

/** What a finished turn came to is for whoever asks: its answer is what people look for. */
function Part(props: { icon: LucideIcon; title: string; startsOpen: boolean; children: ReactNode }) {
  const [open, setOpen] = useState(props.startsOpen);
  return (
    <details className="item" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <props.icon aria-hidden /> {props.title}
      </summary>
      {open && props.children}
    </details>
  );
}
