import type { ReactNode } from "react";

import { CommandLine } from "../components/CommandLine";

/** A whole page that says one thing, and what to do about it. */
export function Notice(props: {
  title: string;
  children?: ReactNode;
  /** Commands for a terminal. */
  lines?: string[];
  action?: { label: string; run: () => void };
  busy?: boolean;
}) {
  return (
    <main className="notice" aria-busy={props.busy ?? false}>
      <h1>{props.title}</h1>
      {props.children !== undefined && <p>{props.children}</p>}
      {props.lines?.map((line) => (
        <CommandLine key={line} line={line} />
      ))}
      {props.action && (
        <button type="button" className="button primary" onClick={props.action.run}>
          {props.action.label}
        </button>
      )}
    </main>
  );
}
