import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";

/** A long list of which only what is seen is there. Arrow keys move between the rows' links. */
export function VirtualList<T>(props: {
  label: string;
  items: T[];
  rowHeight: number;
  keyOf: (item: T) => string;
  row: (item: T) => ReactNode;
  /** Called when the end comes near. */
  onEnd?: (() => void) | undefined;
  /** Items that there are, where more than these are known of. */
  total?: number | undefined;
  className?: string;
}) {
  const { items, rowHeight, keyOf, onEnd } = props;
  const scroll = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => keyOf(items[index] as T),
    overscan: 12,
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (onEnd !== undefined && items.length > 0 && last >= items.length - 30) {
      onEnd();
    }
  }, [last, items.length, onEnd]);

  const move = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-index]");
    if (step === undefined || row === null) {
      return;
    }
    event.preventDefault();
    const next = Math.min(Math.max(Number(row.dataset["index"]) + step, 0), items.length - 1);
    rows.scrollToIndex(next);
    // The row is there one frame later.
    requestAnimationFrame(() =>
      scroll.current
        ?.querySelector<HTMLElement>(`[data-index="${next}"] :is(a, button)`)
        ?.focus({ preventScroll: true }),
    );
  };

  return (
    <div ref={scroll} className={`virtual-list ${props.className ?? ""}`} onKeyDown={move} tabIndex={-1}>
      <ul className="virtual-list-rows" aria-label={props.label} style={{ height: rows.getTotalSize() }}>
        {shown.map(({ index, key, start }) => (
          <li
            key={key}
            data-index={index}
            className="virtual-list-row"
            style={{ height: rowHeight, transform: `translateY(${start}px)` }}
            aria-setsize={props.total ?? items.length}
            aria-posinset={index + 1}
          >
            {props.row(items[index] as T)}
          </li>
        ))}
      </ul>
    </div>
  );
}
