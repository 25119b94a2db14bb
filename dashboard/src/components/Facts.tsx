import { Fragment, type ReactNode } from "react";

export interface Fact {
  name: string;
  /** A fact without a value is left out. */
  value: ReactNode;
  /** Whether the value is shown in a monospaced font. */
  mono?: boolean;
}

/** Renders named values as a description list. */
export function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl className="facts">
      {facts
        .filter(({ value }) => value !== undefined && value !== null && value !== "" && value !== false)
        .map(({ name, value, mono }) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd className={mono ? "mono" : undefined}>{value}</dd>
          </Fragment>
        ))}
    </dl>
  );
}
