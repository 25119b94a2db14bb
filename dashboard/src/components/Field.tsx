import { cloneElement, type ReactElement, useId } from "react";

interface Control {
  id?: string;
  "aria-describedby"?: string | undefined;
  "aria-invalid"?: boolean;
}

interface FieldProps {
  label: string;
  /** Describes the expected value. */
  hint?: string | undefined;
  /** What is wrong with the value. */
  error?: string | undefined;
  children: ReactElement<Control>;
}

/** Renders a form control with its label, hint and error. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const describedBy = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {cloneElement(children, {
        id,
        "aria-describedby": describedBy || undefined,
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

/** Renders the error of one field. */
export function FieldError({ id, error }: { id: string; error: string }) {
  return (
    <span className="field-error" id={id} role="alert">
      {error}
    </span>
  );
}
