import { FileDiff, ListChecks, type LucideIcon } from "lucide-react";
import { memo, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";

import { Diff } from "../../components/Diff";
import { ErrorNote } from "../../components/ErrorNote";
import { Status } from "../../components/Status";
import { ItemView } from "./ItemView";
import { Plan } from "./Plan";
import type { Transcript, Turn } from "./transcript";

/** The number of turns shown at first. */
const initialTurns = 30;
/** The number of turns that each click on the button adds. */
const moreTurns = 100;
/** A transcript scrolled this close to its end keeps following it. */
const nearEndPixels = 80;

/**
 * Renders the turns of a conversation, newest last. It follows the newest turn while it is scrolled to the
 * end.
 */
export function TranscriptView({ transcript, children }: { transcript: Transcript; children: ReactNode }) {
  const scrollElement = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const [shown, setShown] = useState(initialTurns);
  const { turns } = transcript;

  useLayoutEffect(() => {
    if (follows.current && scrollElement.current !== null) {
      scrollElement.current.scrollTop = scrollElement.current.scrollHeight;
    }
  });
  useEffect(() => {
    const element = scrollElement.current;
    const onScroll = () => {
      if (element !== null) {
        follows.current = element.scrollHeight - element.scrollTop - element.clientHeight < nearEndPixels;
      }
    };
    element?.addEventListener("scroll", onScroll, { passive: true });
    return () => element?.removeEventListener("scroll", onScroll);
  }, []);

  return (
    <div
      ref={scrollElement}
      className="transcript"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: without focus, a keyboard cannot scroll it.
      tabIndex={0}
      role="log"
      aria-label="Transcript"
      aria-live="off"
    >
      {turns.length > shown && (
        <button type="button" className="button" onClick={() => setShown(shown + moreTurns)}>
          Show {Math.min(moreTurns, turns.length - shown)} earlier turns
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
        <Part icon={FileDiff} title="All changes in this turn" startsOpen={!showsChanges}>
          <Diff diff={turn.diff} />
        </Part>
      )}
      {turn.error !== undefined && <ErrorNote error={new Error(turn.error)} />}
      {turn.status !== "completed" && turn.status !== "" && <Status status={turn.status} />}
    </section>
  );
});

/**
 * Renders a collapsible part of a turn. It is collapsed once the turn is over, so that the answer stands out.
 */
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
