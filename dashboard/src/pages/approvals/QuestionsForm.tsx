import { type FormEvent, useId, useState } from "react";

interface QuestionsFormProps {
  /** In the form that Codex sends: `[{id, header, question, isSecret, options?: [{label, description}]}]`. */
  questions: Record<string, unknown>[];
  send: (answers: Record<string, string>) => void;
  isPending: boolean;
}

/** Renders questions from the model. Their options are suggestions: any other answer is allowed. */
export function QuestionsForm({ questions, send, isPending }: QuestionsFormProps) {
  const form = useId();
  const [answers, setAnswers] = useState<Record<string, string>>({});
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send(answers);
  };
  return (
    <form className="stack" onSubmit={submit}>
      {questions.map(question).map(({ id, text, options, isSecret }) => (
        <label key={id} className="field">
          <span className="label">{text}</span>
          <input
            className="input"
            type={isSecret ? "password" : "text"}
            list={options.length > 0 ? `${form}-${id}` : undefined}
            value={answers[id] ?? ""}
            onChange={(event) => setAnswers({ ...answers, [id]: event.target.value })}
          />
          {options.length > 0 && (
            <datalist id={`${form}-${id}`}>
              {options.map((option) => (
                <option key={option} value={option} />
              ))}
            </datalist>
          )}
          {options.length > 0 && <span className="hint">{options.join(" · ")}</span>}
        </label>
      ))}
      <div className="actions">
        <button type="submit" className="button primary" disabled={isPending}>
          Answer
        </button>
      </div>
    </form>
  );
}

function question(question: Record<string, unknown>) {
  const options = Array.isArray(question["options"]) ? question["options"] : [];
  return {
    id: String(question["id"]),
    text: String(question["question"] ?? question["header"] ?? question["id"]),
    options: options.map((option) => String(option?.label ?? option)),
    isSecret: question["isSecret"] === true,
  };
}
