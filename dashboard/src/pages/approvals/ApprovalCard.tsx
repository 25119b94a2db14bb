// What Codex asks, with all that one must know to answer it, and the answers that it takes.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useId, useMemo } from "react";

import { type Body, call } from "../../api/client";
import type { Approval, Decision } from "../../api/schemas";
import { AnsiText } from "../../components/AnsiText";
import { changesOf } from "../../components/changes";
import { Diff } from "../../components/Diff";
import { ErrorNote } from "../../components/ErrorNote";
import { Moment } from "../../components/Moment";
import { JsonForm } from "./JsonForm";
import { QuestionsForm } from "./QuestionsForm";
import { SchemaForm } from "./SchemaForm";
import { fieldsOf } from "./schema";

const words: Record<Decision, string> = {
  approve: "Approve",
  approve_for_session: "Approve for the session",
  approve_always: "Approve always",
  deny: "Deny",
  cancel: "Deny and stop the turn",
  answer: "Answer",
};

/** An MCP server learns that the person does not want to, or said nothing; the turn goes on. */
const wordsForServers: Partial<Record<Decision, string>> = { deny: "Decline", cancel: "Dismiss" };

const headings: Record<Approval["kind"], string> = {
  command: "Run a command",
  file_change: "Change files",
  permissions: "Get permissions",
  question: "A question",
  elicitation: "Run a tool of an MCP server",
  tool_call: "Call a tool",
};

/** What an MCP server itself asks for. Codex asks in the same way whether a server's tool may run. */
function askedByServer({ kind, decisions, url }: Approval): string | undefined {
  if (kind !== "elicitation") {
    return undefined;
  }
  return decisions.includes("answer")
    ? "A form of an MCP server"
    : url
      ? "An address of an MCP server"
      : undefined;
}

const headingOf = (approval: Approval) => askedByServer(approval) ?? headings[approval.kind];

export function ApprovalCard({ approval }: { approval: Approval }) {
  const queries = useQueryClient();
  const title = useId();
  const resolve = useMutation({
    mutationFn: (body: Body<"POST /approvals/{approvalId}">) =>
      call("POST /approvals/{approvalId}", { path: { approvalId: approval.approvalId }, body }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["approvals"] }),
  });
  const answers = approval.decisions.includes("answer");
  const fields = useMemo(() => (answers ? fieldsOf(approval.schema) : undefined), [answers, approval.schema]);
  const sendContent = (content: Record<string, unknown>) => resolve.mutate({ decision: "answer", content });
  const isOfServer = askedByServer(approval) !== undefined;
  const offered = approval.decisions.filter((decision) => decision !== "answer");
  return (
    <article className="card approval" aria-labelledby={title}>
      <header>
        <h3 id={title}>{headingOf(approval)}</h3>
        <span className="muted small">
          asked <Moment at={approval.createdAt} />, denied <Moment at={approval.expiresAt} />
        </span>
        {approval.conversationId && (
          <Link
            className="small"
            to="/conversations/$conversationId"
            params={{ conversationId: approval.conversationId }}
          >
            Conversation
          </Link>
        )}
        {approval.laneId && (
          <Link className="small" to="/lanes/$laneId" params={{ laneId: approval.laneId }}>
            Lane {approval.laneId}
          </Link>
        )}
      </header>
      {approval.reason && <p className="message-text">{approval.reason}</p>}
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
      {[approval.permissions, ...(fields ? [] : [approval.tool, approval.schema])].map((details, index) =>
        details ? (
          <pre key={index} className="terminal" tabIndex={0} aria-label="Details">
            {JSON.stringify(details, null, 2)}
          </pre>
        ) : null,
      )}
      {approval.url && <Address url={approval.url} />}
      {answers && approval.questions ? (
        <QuestionsForm
          questions={approval.questions}
          send={(answers) => resolve.mutate({ decision: "answer", answers })}
          isPending={resolve.isPending}
        />
      ) : fields ? (
        <SchemaForm fields={fields} send={sendContent} isPending={resolve.isPending} />
      ) : (
        answers && <JsonForm send={sendContent} isPending={resolve.isPending} />
      )}
      <ErrorNote error={resolve.error} />
      <div className="actions">
        {offered.map((decision) => (
          <button
            key={decision}
            type="button"
            className={`button ${decision === "approve" ? "primary" : decision === "deny" || decision === "cancel" ? "danger" : ""}`}
            disabled={resolve.isPending}
            onClick={() => resolve.mutate({ decision })}
          >
            {(isOfServer ? wordsForServers[decision] : undefined) ?? words[decision]}
          </button>
        ))}
      </div>
    </article>
  );
}

/** An address that a server wants visited. Nothing is opened before the person does so, who sees all of it. */
function Address({ url }: { url: string }) {
  return (
    <p>
      The server asks you to visit{" "}
      {/^https?:/i.test(url) && URL.canParse(url) ? (
        <>
          <a className="mono wrap-anywhere" href={url} target="_blank" rel="noopener noreferrer">
            {url}
          </a>{" "}
          at <strong className="wrap-anywhere">{new URL(url).host}</strong>
        </>
      ) : (
        <span className="mono wrap-anywhere">{url}</span>
      )}
      . Approve says that you agree to; open it yourself.
    </p>
  );
}
