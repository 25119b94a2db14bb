import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";

/** Renders only the visible rows of a long list. Arrow keys move the focus between the links in its rows. */
export function VirtualList<T>(props: {
  label: string;
  items: T[];
  rowHeight: number;
  keyOf: (item: T) => string;
  row: (item: T) => ReactNode;
  /** Called when the user scrolls near the end. */
  onEnd?: (() => void) | undefined;
  /** The number of items including those not loaded yet; -1 if it is unknown. */
  total?: number | undefined;
  className?: string;
}) {
  const { items, rowHeight, keyOf, onEnd } = props;
  const scrollElement = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scrollElement.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => keyOf(items[index] as T),
    overscan: 12,
  });
  const visible = rows.getVirtualItems();
  const last = visible.at(-1)?.index ?? 0;
  useEffect(() => {
    if (onEnd !== undefined && items.length > 0 && last >= items.length - 30) {
      onEnd();
    }
  }, [last, items.length, onEnd]);

  const moveFocus = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-index]");
    if (step === undefined || row === null) {
      return;
    }
    event.preventDefault();
    const next = Math.min(Math.max(Number(row.dataset["index"]) + step, 0), items.length - 1);
    rows.scrollToIndex(next);
    // The row is rendered one frame later.
    requestAnimationFrame(() =>
      scrollElement.current
        ?.querySelector<HTMLElement>(`[data-index="${next}"] :is(a, button)`)
        ?.focus({ preventScroll: true }),
    );
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys move the focus between the rows' links.
    <div
      ref={scrollElement}
      className={`virtual-list ${props.className ?? ""}`}
      onKeyDown={moveFocus}
      tabIndex={-1}
    >
      <ul className="virtual-list-rows" aria-label={props.label} style={{ height: rows.getTotalSize() }}>
        {visible.map(({ index, key, start }) => (
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
