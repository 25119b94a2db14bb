import type { ReactNode } from "react";

import { CommandLine } from "../components/CommandLine";

/** Renders a full-page message, and what to do about it. */
export function Notice(props: {
  title: string;
  children?: ReactNode;
  /** Terminal commands that resolve the situation. */
  commands?: string[];
  action?: { label: string; run: () => void };
  busy?: boolean;
}) {
  return (
    <main className="notice" aria-busy={props.busy ?? false}>
      <h1>{props.title}</h1>
      {props.children !== undefined && <p>{props.children}</p>}
      {props.commands?.map((command) => (
        <CommandLine key={command} line={command} />
      ))}
      {props.action && (
        <button type="button" className="button primary" onClick={props.action.run}>
          {props.action.label}
        </button>
      )}
    </main>
  );
}
