// Orders threads as a tree: each below the thread it comes from.

import type { ThreadView } from "../../api/schemas";

export interface TreeNode {
  thread: ThreadView;
  depth: number;
  /** The relation to the parent. */
  relation: string;
}

/** Returns the threads in tree order. Threads whose parent is not in the list are roots. */
export function lineageTree(threads: ThreadView[]): TreeNode[] {
  const known = new Set(threads.map(({ id }) => id));
  const children = new Map<string, ThreadView[]>();
  const roots: ThreadView[] = [];
  for (const thread of threads) {
    const parentId = parentIdOf(thread);
    if (parentId !== undefined && known.has(parentId) && parentId !== thread.id) {
      children.set(parentId, [...(children.get(parentId) ?? []), thread]);
    } else {
      roots.push(thread);
    }
  }
  const nodes: TreeNode[] = [];
  const seen = new Set<string>();
  const add = (thread: ThreadView, depth: number) => {
    if (seen.has(thread.id)) {
      return;
    }
    seen.add(thread.id);
    nodes.push({ thread, depth, relation: relationOf(thread) });
    for (const child of children.get(thread.id) ?? []) {
      add(child, depth + 1);
    }
  };
  // Threads that form a cycle have no root. The second pass adds them.
  for (const thread of [...roots, ...threads]) {
    add(thread, 0);
  }
  return nodes;
}

function parentIdOf({ lineage }: ThreadView): string | undefined {
  return lineage.parentThreadId ?? lineage.forkedFromThreadId ?? undefined;
}

function relationOf({ lineage }: ThreadView): string {
  if (lineage.subAgent) {
    return lineage.subAgent.nickname ?? lineage.subAgent.role ?? lineage.subAgent.kind;
  }
  return lineage.parentThreadId ? "sub-agent" : "fork";
}
