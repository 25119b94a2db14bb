// The list of a page: its load error, its empty state, and its rows.

import type { ReactNode } from "react";

import { LoadError } from "./LoadError";
import { Rows } from "./Rows";
import { VirtualList } from "./VirtualList";

/** The part of a query's state that a list shows. An infinite query also has further pages. */
interface ListQuery {
  error: Error | null;
  data: unknown;
  isSuccess: boolean;
  isFetching: boolean;
  hasNextPage?: boolean;
  fetchNextPage?: () => Promise<unknown>;
}

interface ListStateProps {
  query: ListQuery;
  isEmpty: boolean;
  /** Shown instead of the children when the query has loaded and there are no items. */
  empty: ReactNode;
  children: ReactNode;
}

/** Renders the load error of a list, and either its empty state or its items. */
export function ListState({ query, isEmpty, empty, children }: ListStateProps) {
  return (
    <>
      <LoadError of={[query]} />
      {query.isSuccess && isEmpty ? empty : children}
    </>
  );
}

interface ListProps<T> {
  /** The accessible name of the list. */
  label: string;
  query: ListQuery;
  items: T[];
  keyOf: (item: T) => string;
  row: (item: T) => ReactNode;
  empty: ReactNode;
  /**
   * `fill`: the list fills the window and renders only visible rows. `inline`: it is as long as its items.
   */
  layout: "fill" | "inline";
}

/**
 * Renders a list of one-line rows. It loads the next page of its query when the user scrolls near the end.
 */
export function List<T>({ label, query, items, keyOf, row, empty, layout }: ListProps<T>) {
  const { hasNextPage = false, isFetching, fetchNextPage } = query;
  return (
    <ListState query={query} isEmpty={items.length === 0} empty={empty}>
      {layout === "inline" ? (
        <Rows label={label} items={items} keyOf={keyOf} row={row} />
      ) : (
        <VirtualList
          label={label}
          items={items}
          rowHeight={40}
          keyOf={keyOf}
          row={row}
          total={hasNextPage ? -1 : undefined}
          onEnd={hasNextPage && !isFetching ? () => void fetchNextPage?.() : undefined}
        />
      )}
    </ListState>
  );
}
