// A form that an MCP server asks for. All its text comes from the server and is shown as plain text.

import { type FormEvent, useId, useRef, useState } from "react";

import { Field, FieldError } from "../../components/Field";
import {
  type ChoicesField,
  contentOf,
  errorOf,
  type FormField,
  initialValues,
  type TextField,
  type Value,
} from "./schema";

interface SchemaFormProps {
  fields: FormField[];
  send: (content: Record<string, unknown>) => void;
  isPending: boolean;
}

const inputTypes: Record<TextField["format"], string> = {
  text: "text",
  email: "email",
  uri: "url",
  date: "date",
  "date-time": "datetime-local",
};

export function SchemaForm({ fields, send, isPending }: SchemaFormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [values, setValues] = useState(() => initialValues(fields));
  // Errors appear only after the first attempt to submit.
  const [wasSubmitted, setWasSubmitted] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setWasSubmitted(true);
    const firstInvalid = fields.findIndex((field) => errorOf(field, values.get(field.name)) !== undefined);
    if (firstInvalid < 0) {
      send(contentOf(fields, values));
    } else {
      form.current
        ?.querySelectorAll(".schema-field")
        [firstInvalid]?.querySelector<HTMLElement>("input, select")
        ?.focus();
    }
  };
  return (
    <form ref={form} className="stack" onSubmit={submit} noValidate>
      {fields.map((field) => (
        <div key={field.name} className="schema-field">
          <FieldView
            field={field}
            value={values.get(field.name) ?? field.initial}
            set={(value) => setValues(new Map(values).set(field.name, value))}
            error={wasSubmitted ? errorOf(field, values.get(field.name)) : undefined}
          />
        </div>
      ))}
      <div className="actions">
        <button type="submit" className="button primary" disabled={isPending}>
          Send
        </button>
      </div>
    </form>
  );
}

interface FieldViewProps<F extends FormField> {
  field: F;
  value: Value;
  set: (value: Value) => void;
  error: string | undefined;
}

function FieldView({ field, value, set, error }: FieldViewProps<FormField>) {
  const id = useId();
  if (field.kind === "choices") {
    return <Choices field={field} value={value} set={set} error={error} />;
  }
  if (field.kind === "flag") {
    return (
      <div className="field">
        <label className="checkbox">
          <input
            type="checkbox"
            checked={value === true}
            aria-describedby={field.hint && id}
            onChange={(event) => set(event.target.checked)}
          />{" "}
          {field.label}
        </label>
        {field.hint && (
          <span id={id} className="hint">
            {field.hint}
          </span>
        )}
      </div>
    );
  }
  const label = field.isRequired ? `${field.label} (required)` : field.label;
  const change = (event: { target: { value: string } }) => set(event.target.value);
  return (
    <Field label={label} hint={field.hint} error={error}>
      {field.kind === "choice" ? (
        <select value={String(value)} aria-required={field.isRequired} onChange={change}>
          <option value="">–</option>
          {field.options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.title}
            </option>
          ))}
        </select>
      ) : (
        <input
          className="input"
          type={field.kind === "number" ? "text" : inputTypes[field.format]}
          inputMode={field.kind === "number" ? (field.isWhole ? "numeric" : "decimal") : undefined}
          value={String(value)}
          aria-required={field.isRequired}
          onChange={change}
        />
      )}
    </Field>
  );
}

function Choices({ field, value, set, error }: FieldViewProps<ChoicesField>) {
  const id = useId();
  const selected = Array.isArray(value) ? value : [];
  const describedBy = [field.hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <fieldset className="field" aria-describedby={describedBy || undefined}>
      <legend>{field.isRequired ? `${field.label} (required)` : field.label}</legend>
      {field.options.map((option) => (
        <label key={option.value} className="checkbox">
          <input
            type="checkbox"
            checked={selected.includes(option.value)}
            onChange={(event) =>
              set(
                event.target.checked
                  ? [...selected, option.value]
                  : selected.filter((value) => value !== option.value),
              )
            }
          />{" "}
          {option.title}
        </label>
      ))}
      {field.hint && (
        <span className="hint" id={`${id}-hint`}>
          {field.hint}
        </span>
      )}
      {error && <FieldError id={`${id}-error`} error={error} />}
    </fieldset>
  );
}
