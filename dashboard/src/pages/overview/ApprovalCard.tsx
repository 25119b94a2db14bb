// What Codex asks, with all that one must know to answer it, and the answers that it takes.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useId, useState, type FormEvent } from "react";

import { call, type Body } from "../../api/client";
import type { Approval, Decision } from "../../api/schemas";
import { AnsiText } from "../../components/AnsiText";
import { changesOf } from "../../components/changes";
import { Diff } from "../../components/Diff";
import { ErrorNote } from "../../components/ErrorNote";
import { Field } from "../../components/Field";
import { Moment } from "../../components/Moment";

const words: Record<Decision, string> = {
  approve: "Approve",
  approve_for_session: "Approve for the session",
  approve_always: "Approve always",
  deny: "Deny",
  cancel: "Deny and stop the turn",
  answer: "Answer",
};

const headings: Record<Approval["kind"], string> = {
  command: "Run a command",
  file_change: "Change files",
  permissions: "Get permissions",
  question: "A question",
  elicitation: "A form of an MCP server",
  tool_call: "Call a tool",
};

export function ApprovalCard({ approval }: { approval: Approval }) {
  const queries = useQueryClient();
  const [answers, setAnswers] = useState<Record<string, string>>({});
  const title = useId();
  const resolve = useMutation({
    mutationFn: (body: Body<"POST /approvals/{approvalId}">) =>
      call("POST /approvals/{approvalId}", { path: { approvalId: approval.approvalId }, body }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["approvals"] }),
  });
  const questions = (approval.questions ?? []).map(question);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    resolve.mutate({ decision: "answer", answers });
  };
  const offered = approval.decisions.filter((decision) => decision !== "answer");
  return (
    <article className="card approval" aria-labelledby={title}>
      <header>
        <h3 id={title}>{headings[approval.kind]}</h3>
        <span className="muted small">
          asked <Moment at={approval.createdAt} />, denied <Moment at={approval.expiresAt} />
        </span>
        {approval.conversationId && (
          <Link className="small" to="/conversations/$conversationId" params={{ conversationId: approval.conversationId }}>
            Conversation
          </Link>
        )}
        {approval.laneId && (
          <Link className="small" to="/lanes/$laneId" params={{ laneId: approval.laneId }}>
            Lane {approval.laneId}
          </Link>
        )}
      </header>
      {approval.reason && <p className="wrap-anywhere">{approval.reason}</p>}
      {approval.command ? (
        <pre className="terminal" tabIndex={0} aria-label="Command">
          <AnsiText text={approval.command} />
        </pre>
      ) : (
        <p className="wrap-anywhere">{approval.summary}</p>
      )}
      {approval.cwd && (
        <p className="small">
          in <span className="mono wrap-anywhere">{approval.cwd}</span>
        </p>
      )}
      {changesOf(approval.changes).map(({ path, diff }) => (
        <Diff key={path} path={path} diff={diff} />
      ))}
      {[approval.permissions, approval.tool, approval.schema].map((details, index) =>
        details ? (
          <pre key={index} className="terminal" tabIndex={0} aria-label="Details">
            {JSON.stringify(details, null, 2)}
          </pre>
        ) : null,
      )}
      {approval.url && (
        <p className="small">
          Address: <span className="mono wrap-anywhere">{approval.url}</span>
        </p>
      )}
      {questions.length > 0 && (
        <form className="stack" onSubmit={submit}>
          {questions.map(({ id, text, options, isSecret }) => (
            <label key={id} className="field">
              <span className="label">{text}</span>
              <input
                className="input"
                type={isSecret ? "password" : "text"}
                list={options.length > 0 ? `${title}-${id}` : undefined}
                value={answers[id] ?? ""}
                onChange={(event) => setAnswers({ ...answers, [id]: event.target.value })}
              />
              {options.length > 0 && (
                <datalist id={`${title}-${id}`}>
                  {options.map((option) => (
                    <option key={option} value={option} />
                  ))}
                </datalist>
              )}
              {options.length > 0 && <span className="hint">{options.join(" · ")}</span>}
            </label>
          ))}
          <div className="actions">
            <button type="submit" className="button primary" disabled={resolve.isPending}>
              Answer
            </button>
          </div>
        </form>
      )}
      {questions.length === 0 && approval.decisions.includes("answer") && (
        <ContentForm send={(content) => resolve.mutate({ decision: "answer", content })} isPending={resolve.isPending} />
      )}
      <div className="actions">
        {offered.map((decision) => (
          <button
            key={decision}
            type="button"
            className={`button ${decision === "approve" ? "primary" : decision === "deny" || decision === "cancel" ? "danger" : ""}`}
            disabled={resolve.isPending}
            onClick={() => resolve.mutate({ decision })}
          >
            {words[decision]}
          </button>
        ))}
      </div>
      <ErrorNote error={resolve.error} />
    </article>
  );
}

/** The content of a form of an MCP server, or the result of a tool, whose shape only these know: as JSON. */
function ContentForm({ send, isPending }: { send: (content: Record<string, unknown>) => void; isPending: boolean }) {
  const [text, setText] = useState("{}");
  const [error, setError] = useState<Error>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    try {
      setError(undefined);
      send(JSON.parse(text) as Record<string, unknown>);
    } catch (caught) {
      setError(new Error(`This is no JSON: ${caught instanceof Error ? caught.message : String(caught)}`));
    }
  };
  return (
    <form className="stack" onSubmit={submit}>
      <Field label="Content" hint="JSON, as the schema above wants it.">
        <textarea className="mono" rows={3} value={text} onChange={(event) => setText(event.target.value)} />
      </Field>
      <ErrorNote error={error} />
      <div className="actions">
        <button type="submit" className="button primary" disabled={isPending}>
          Send
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
