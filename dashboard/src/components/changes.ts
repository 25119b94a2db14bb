// Converts file changes from the forms that Codex sends into unified diffs.

export interface FileChange {
  path: string;
  diff: string;
}

/**
 * Returns the file changes of an item or an approval. Codex sends a list of `{path, kind, diff}`, and older
 * versions an object keyed by path. Any other value yields no changes.
 */
export function changesOf(changes: unknown): FileChange[] {
  if (Array.isArray(changes)) {
    return changes.map((change) => fileChange(String(change?.path ?? "file"), change));
  }
  if (changes !== null && typeof changes === "object") {
    return Object.entries(changes).map(([path, change]) => fileChange(path, change));
  }
  return [];
}

function fileChange(path: string, change: unknown): FileChange {
  const { diff, unified_diff, content, kind, type } = (change ?? {}) as Record<string, unknown>;
  const text =
    [diff, unified_diff, content].find((text) => typeof text === "string") ?? JSON.stringify(change);
  return { path, diff: asDiff(String(text), kindOf(kind) ?? kindOf(type)) };
}

function kindOf(kind: unknown): string | undefined {
  return typeof kind === "string"
    ? kind
    : ((kind as Record<string, unknown> | undefined)?.["type"] as string | undefined);
}

/** Returns a unified diff. For a new or a deleted file, Codex sends the content instead. */
function asDiff(text: string, kind: string | undefined): string {
  const sign = kind === "add" ? "+" : kind === "delete" ? "-" : undefined;
  if (sign === undefined || /^(@@|--- )/m.test(text)) {
    return text;
  }
  const lines = text.replace(/\n$/, "").split("\n");
  const range = sign === "+" ? `@@ -0,0 +1,${lines.length} @@` : `@@ -1,${lines.length} +0,0 @@`;
  return [range, ...lines.map((line) => sign + line)].join("\n");
}
