import { cloneElement, type ReactElement, useId } from "react";

interface Control {
  id?: string;
  "aria-describedby"?: string | undefined;
  "aria-invalid"?: boolean;
}

interface FieldProps {
  label: string;
  /** A word on what may stand in it. */
  hint?: string | undefined;
  /** What is wrong with what stands in it. */
  error?: string | undefined;
  children: ReactElement<Control>;
}

/** A control with its label. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const told = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {cloneElement(children, {
        id,
        "aria-describedby": told || undefined,
        ...(error && { "aria-invalid": true }),
      })}
      {hint && (
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {error && <FieldError id={`${id}-error`} error={error} />}
    </div>
  );
}

/** What is wrong with one field, beside it. */
export function FieldError({ id, error }: { id: string; error: string }) {
  return (
    <span className="field-error" id={id} role="alert">
      {error}
    </span>
  );
}
