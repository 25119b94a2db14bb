import { cloneElement, useId, type ReactElement } from "react";

interface Control {
  id?: string;
  "aria-describedby"?: string | undefined;
}

/** A control with its label, and a word on what may stand in it. */
export function Field({ label, hint, children }: { label: string; hint?: string; children: ReactElement<Control> }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {cloneElement(children, { id, "aria-describedby": hint === undefined ? undefined : `${id}-hint` })}
      {hint !== undefined && (
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}
