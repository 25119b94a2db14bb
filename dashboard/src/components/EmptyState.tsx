import type { ReactNode } from "react";

import { CommandLine } from "./CommandLine";

/** Renders what an empty list would contain, and a command that works. */
export function EmptyState(props: { title: string; children?: ReactNode; line?: string }) {
  return (
    <div className="empty-state">
      <h2>{props.title}</h2>
      {props.children !== undefined && <p>{props.children}</p>}
      {props.line !== undefined && <CommandLine line={props.line} />}
    </div>
  );
}
