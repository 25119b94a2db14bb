interface Owner {
  kind: string;
  program?: string | null;
  pid?: number | null;
}

/** Describes the process that has a conversation open. */
export function ownerText({ kind, program, pid }: Owner): string {
  switch (kind) {
    case "nobody":
      return "not open";
    case "bridge":
      return "open in this bridge";
    case "other":
      return `open in ${program ?? "another process"}${pid == null ? "" : ` (${pid})`}`;
    default:
      return "owner unknown";
  }
}
