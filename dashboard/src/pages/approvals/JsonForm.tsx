import { type FormEvent, useState } from "react";

import { Field } from "../../components/Field";

/** Renders a JSON input for a tool result, or for a form with fields that this page does not support. */
export function JsonForm({
  send,
  isPending,
}: {
  send: (content: Record<string, unknown>) => void;
  isPending: boolean;
}) {
  const [text, setText] = useState("{}");
  const [error, setError] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    let content: Record<string, unknown>;
    try {
      content = JSON.parse(text) as Record<string, unknown>;
    } catch (caught) {
      setError(`Invalid JSON: ${caught instanceof Error ? caught.message : String(caught)}`);
      return;
    }
    setError(undefined);
    send(content);
  };
  return (
    <form className="stack" onSubmit={submit}>
      <Field label="Content" hint="JSON that matches the details above." error={error}>
        <textarea className="mono" rows={3} value={text} onChange={(event) => setText(event.target.value)} />
      </Field>
      <div className="actions">
        <button type="submit" className="button primary" disabled={isPending}>
          Send
        </button>
      </div>
    </form>
  );
}
