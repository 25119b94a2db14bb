import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";

import { call } from "../../api/client";
import { laneQuery, laneSessionsQuery } from "../../api/queries";
import type { Lane, SessionView } from "../../api/schemas";
import { Actions } from "../../components/Action";
import { AnsiText } from "../../components/AnsiText";
import { CommandLine } from "../../components/CommandLine";
import { ErrorNote } from "../../components/ErrorNote";
import { type Fact, Facts } from "../../components/Facts";
import { LoadError } from "../../components/LoadError";
import { Moment } from "../../components/Moment";
import { Page } from "../../components/Page";
import { CodeBlock } from "../../components/Scrollable";
import { Status } from "../../components/Status";
import { useCurl } from "../../components/useCurl";
import { useForm } from "../../components/useForm";
import { ApprovalCard } from "../approvals/ApprovalCard";
import { JobRows } from "../jobs/JobRows";

export function LanePage() {
  const { laneId } = useParams({ from: "/inside/lanes/$laneId" });
  const lane = useQuery(laneQuery(laneId));
  if (lane.data === undefined) {
    return (
      <Page above={<Link to="/lanes">Lanes</Link>} title={laneId}>
        <LoadError of={[lane]} />
      </Page>
    );
  }
  return <LoadedLane lane={lane.data} />;
}

function LoadedLane({ lane }: { lane: Lane }) {
  const curl = useCurl();
  const { laneId } = lane;
  const path = { laneId };
  const queries = useQueryClient();
  const navigate = useNavigate();
  const session = useQuery(laneSessionsQuery).data?.sessions.find((session) => session.laneId === laneId);
  const approvals = useQuery({
    queryKey: ["approvals", "lane", laneId],
    queryFn: ({ signal }) => call("GET /approvals", { query: { laneId, status: "pending" }, signal }),
  });
  const jobs = useQuery({
    queryKey: ["jobs", "lane", laneId],
    queryFn: ({ signal }) => call("GET /jobs", { query: { laneId, limit: 20 }, signal }),
  });
  const refresh = () =>
    queries.invalidateQueries({
      predicate: ({ queryKey }) => ["lanes", "sessions"].includes(String(queryKey[0])),
    });
  const isBusy = lane.activeJobId != null;
  return (
    <Page
      above={<Link to="/lanes">Lanes</Link>}
      title={lane.title ?? laneId}
      actions={
        <Actions
          actions={[
            ...(isBusy
              ? [
                  {
                    label: "Interrupt",
                    className: "danger",
                    run: () => call("POST /lanes/{laneId}/interrupt", { path }).then(refresh),
                  },
                ]
              : []),
            session?.running
              ? {
                  label: "Stop session",
                  run: () => call("POST /lanes/{laneId}/session/stop", { path }).then(refresh),
                }
              : {
                  label: "Start session",
                  run: () => call("POST /lanes/{laneId}/session/start", { path }).then(refresh),
                },
            {
              label: "Sync from Codex",
              title: "Update the lane’s status from its thread",
              run: () => call("POST /lanes/{laneId}/sync-from-codex", { path }).then(refresh),
            },
            {
              label: "Delete",
              className: "danger",
              confirm: {
                action: "Delete lane",
                consequence:
                  "Its worktree is kept if it has uncommitted or unmerged work. The conversation is kept.",
              },
              run: () => call("DELETE /lanes/{laneId}", { path }).then(() => navigate({ to: "/lanes" })),
            },
          ]}
        />
      }
    >
      <div className="card">
        <Facts facts={factsOf(lane, session)} />
      </div>
      {lane.problem && <ErrorNote error={new Error(lane.problem)} />}
      {(approvals.data?.approvals ?? []).map((approval) => (
        <ApprovalCard key={approval.approvalId} approval={approval} />
      ))}
      <PromptForm laneId={laneId} isBusy={isBusy} />
      {lane.acceptanceCriteria.length > 0 && (
        <section className="section" aria-labelledby="criteria">
          <h2 id="criteria">Acceptance criteria</h2>
          <ul className="card bullets">
            {lane.acceptanceCriteria.map((criterion, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: criteria may repeat.
              <li key={index}>{criterion}</li>
            ))}
          </ul>
        </section>
      )}
      {lane.verificationCommands.length > 0 && (
        <section className="section" aria-labelledby="verification">
          <h2 id="verification">Verification</h2>
          {lane.verificationCommands.map((command, index) => {
            const result = lane.verification.find((result) => result.command === command);
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: commands may repeat.
              <details key={index} className="item" open={result !== undefined && result.exitCode !== 0}>
                <summary>
                  <code className="clip">{command}</code>
                  <span className="item-end">
                    {result === undefined ? (
                      <Status status="pending_step" label="not run yet" />
                    ) : (
                      <Status
                        status={result.exitCode === 0 ? "good" : "failed"}
                        label={result.exitCode === 0 ? "passed" : `exit ${result.exitCode ?? "?"}`}
                      />
                    )}
                  </span>
                </summary>
                <CodeBlock label="Output">
                  {result === undefined ? (
                    "Runs after the next turn."
                  ) : (
                    <AnsiText text={result.output || "No output"} />
                  )}
                </CodeBlock>
              </details>
            );
          })}
        </section>
      )}
      <section className="section" aria-labelledby="jobs">
        <h2 id="jobs">Jobs</h2>
        <JobRows jobs={jobs.data?.jobs ?? []} />
        {jobs.data?.jobs.length === 0 && <p className="muted">No jobs yet. The first prompt starts one.</p>}
      </section>
      <CommandLine line={curl(`/lanes/${laneId}/events`)} />
    </Page>
  );
}

function factsOf(lane: Lane, session: SessionView | undefined): Fact[] {
  return [
    {
      name: "Status",
      value: (
        <>
          <Status status={lane.status} />, updated <Moment at={lane.updatedAt} />
        </>
      ),
    },
    { name: "Lane ID", value: lane.laneId, mono: true },
    {
      name: "Conversation",
      value: lane.threadId && (
        <Link to="/conversations/$conversationId" params={{ conversationId: lane.threadId }} className="mono">
          {lane.threadId}
        </Link>
      ),
    },
    { name: "Directory", value: lane.repoRoot, mono: true },
    { name: "Worktree", value: lane.worktreePath && `${lane.worktreePath} (${lane.branch})`, mono: true },
    { name: "Session", value: sessionText(lane, session) },
    {
      name: "Sandbox",
      value: [lane.sandbox, lane.approvalPolicy && `approvals: ${lane.approvalPolicy}`]
        .filter(Boolean)
        .join(", "),
    },
  ];
}

function sessionText({ sessionIsolation }: Lane, session: SessionView | undefined): string {
  const state = !session?.running
    ? "not running"
    : session.pid
      ? `running in process ${session.pid}`
      : "running";
  return [state, `isolation: ${sessionIsolation}`, session?.readinessReason].filter(Boolean).join("; ");
}

/** Renders the form for the next prompt. While a turn runs, the message steers that turn. */
function PromptForm({ laneId, isBusy }: { laneId: string; isBusy: boolean }) {
  const queries = useQueryClient();
  const form = useForm({ input: "" }, async (body, clear) => {
    await call(isBusy ? "POST /lanes/{laneId}/steer" : "POST /lanes/{laneId}/prompt", {
      path: { laneId },
      body,
    });
    clear();
    await queries.invalidateQueries({ queryKey: ["lanes"] });
  });
  return (
    <form className="inline-form" onSubmit={form.submit}>
      <input
        className="input"
        aria-label={isBusy ? "Message for the current turn" : "Prompt"}
        placeholder={isBusy ? "Steer the current turn…" : "Send the next prompt…"}
        {...form.field("input")}
      />
      <button
        type="submit"
        className="button primary"
        disabled={form.isPending || form.values.input.trim() === ""}
      >
        {isBusy ? "Steer" : "Send"}
      </button>
      <ErrorNote error={form.error} />
    </form>
  );
}
