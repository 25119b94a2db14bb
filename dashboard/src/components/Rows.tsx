import type { ReactNode } from "react";

/** Renders a short list, one row per item. */
export function Rows<T>(props: {
  /** The accessible name, where no heading introduces the list. */
  label?: string;
  items: T[];
  keyOf: (item: T) => string;
  row: (item: T) => ReactNode;
}) {
  return (
    <ul className="rows" aria-label={props.label}>
      {props.items.map((item) => (
        <li key={props.keyOf(item)}>{props.row(item)}</li>
      ))}
    </ul>
  );
}
