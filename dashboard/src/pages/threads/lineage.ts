// Threads in the order of a tree: each below the one that it comes from.

import type { ThreadView } from "../../api/schemas";

export interface Placed {
  thread: ThreadView;
  depth: number;
  /** What it is to the one above. */
  relation: string;
}

/** Those whose origin is not among them stand at the root. */
export function inLineage(threads: ThreadView[]): Placed[] {
  const known = new Set(threads.map(({ id }) => id));
  const children = new Map<string, ThreadView[]>();
  const roots: ThreadView[] = [];
  for (const thread of threads) {
    const origin = originOf(thread);
    if (origin !== undefined && known.has(origin) && origin !== thread.id) {
      children.set(origin, [...(children.get(origin) ?? []), thread]);
    } else {
      roots.push(thread);
    }
  }
  const placed: Placed[] = [];
  const seen = new Set<string>();
  const place = (thread: ThreadView, depth: number) => {
    if (seen.has(thread.id)) {
      return;
    }
    seen.add(thread.id);
    placed.push({ thread, depth, relation: relationOf(thread) });
    children.get(thread.id)?.forEach((child) => place(child, depth + 1));
  };
  roots.forEach((thread) => place(thread, 0));
  // A circle has no root; none of it may be lost.
  threads.forEach((thread) => place(thread, 0));
  return placed;
}

function originOf({ lineage }: ThreadView): string | undefined {
  return lineage.parentThreadId ?? lineage.forkedFromThreadId ?? undefined;
}

function relationOf({ lineage }: ThreadView): string {
  if (lineage.subAgent) {
    return lineage.subAgent.nickname ?? lineage.subAgent.role ?? lineage.subAgent.kind;
  }
  return lineage.parentThreadId ? "agent" : "copy";
}
