// A pending approval: what Codex or an MCP server asks for, the details needed to decide, and the possible
// decisions.

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
import { CodeBlock } from "../../components/Scrollable";
import { JsonForm } from "./JsonForm";
import { QuestionsForm } from "./QuestionsForm";
import { SchemaForm } from "./SchemaForm";
import { fieldsOf } from "./schema";

const labels: Record<Decision, string> = {
  approve: "Approve",
  approve_for_session: "Approve for session",
  approve_always: "Always approve",
  deny: "Deny",
  cancel: "Deny and stop turn",
  answer: "Answer",
};

/** An MCP server learns that the user declined or dismissed its request. The turn continues. */
const labelsForServers: Partial<Record<Decision, string>> = { deny: "Decline", cancel: "Dismiss" };

const emphasis: Partial<Record<Decision, string>> = { approve: "primary", deny: "danger", cancel: "danger" };

const headings: Record<Approval["kind"], string> = {
  command: "Run a command",
  file_change: "Change files",
  permissions: "Grant permissions",
  question: "Question",
  elicitation: "Run an MCP tool",
  tool_call: "Call a tool",
};

/**
 * Returns the heading of a request that comes from an MCP server itself. Codex uses the same kind to ask
 * whether it may run a tool of the server. For such an approval it returns `undefined`.
 */
function serverHeading({ kind, decisions, url }: Approval): string | undefined {
  if (kind !== "elicitation") {
    return undefined;
  }
  return decisions.includes("answer")
    ? "Form from an MCP server"
    : url
      ? "URL from an MCP server"
      : undefined;
}

const headingOf = (approval: Approval) => serverHeading(approval) ?? headings[approval.kind];

export function ApprovalCard({ approval }: { approval: Approval }) {
  const queries = useQueryClient();
  const title = useId();
  const resolve = useMutation({
    mutationFn: (body: Body<"POST /approvals/{approvalId}">) =>
      call("POST /approvals/{approvalId}", { path: { approvalId: approval.approvalId }, body }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["approvals"] }),
  });
  const takesAnswer = approval.decisions.includes("answer");
  const fields = useMemo(
    () => (takesAnswer ? fieldsOf(approval.schema) : undefined),
    [takesAnswer, approval.schema],
  );
  const sendContent = (content: Record<string, unknown>) => resolve.mutate({ decision: "answer", content });
  const isFromServer = serverHeading(approval) !== undefined;
  const decisions = approval.decisions.filter((decision) => decision !== "answer");
  return (
    <article className="card approval" aria-labelledby={title}>
      <header>
        <h3 id={title}>{headingOf(approval)}</h3>
        <span className="muted small">
          asked <Moment at={approval.createdAt} />, denied automatically <Moment at={approval.expiresAt} />
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
        <CodeBlock label="Command">
          <AnsiText text={approval.command} />
        </CodeBlock>
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
      <Details value={approval.permissions} />
      {!fields && (
        <>
          <Details value={approval.tool} />
          <Details value={approval.schema} />
        </>
      )}
      {approval.url && <RequestedVisit url={approval.url} />}
      {takesAnswer && approval.questions ? (
        <QuestionsForm
          questions={approval.questions}
          send={(answers) => resolve.mutate({ decision: "answer", answers })}
          isPending={resolve.isPending}
        />
      ) : fields ? (
        <SchemaForm fields={fields} send={sendContent} isPending={resolve.isPending} />
      ) : (
        takesAnswer && <JsonForm send={sendContent} isPending={resolve.isPending} />
      )}
      <ErrorNote error={resolve.error} />
      <div className="actions">
        {decisions.map((decision) => (
          <button
            key={decision}
            type="button"
            className={`button ${emphasis[decision] ?? ""}`}
            disabled={resolve.isPending}
            onClick={() => resolve.mutate({ decision })}
          >
            {(isFromServer ? labelsForServers[decision] : undefined) ?? labels[decision]}
          </button>
        ))}
      </div>
    </article>
  );
}

/** Renders a part of the request as JSON. */
function Details({ value }: { value: unknown }) {
  return value ? <CodeBlock label="Details">{JSON.stringify(value, null, 2)}</CodeBlock> : null;
}

/**
 * Renders a URL that a server wants the user to visit. The page never opens it by itself, and shows it in
 * full.
 */
function RequestedVisit({ url }: { url: string }) {
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
      . Approving only records your consent: open the link yourself.
    </p>
  );
}
