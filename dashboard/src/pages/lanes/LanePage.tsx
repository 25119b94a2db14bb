import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";

import { call } from "../../api/client";
import { laneQuery, laneSessionsQuery } from "../../api/queries";
import type { Lane } from "../../api/schemas";
import { Actions } from "../../components/Action";
import { AnsiText } from "../../components/AnsiText";
import { CommandLine } from "../../components/CommandLine";
import { ErrorNote } from "../../components/ErrorNote";
import { LoadError } from "../../components/LoadError";
import { Moment } from "../../components/Moment";
import { Page } from "../../components/Page";
import { Status } from "../../components/Status";
import { useCurl } from "../../components/useCurl";
import { useForm } from "../../components/useForm";
import { ApprovalCard } from "../approvals/ApprovalCard";
import { JobRow } from "../jobs/JobRow";

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
  return <ShownLane lane={lane.data} />;
}

function ShownLane({ lane }: { lane: Lane }) {
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
                  label: "Stop the session",
                  run: () => call("POST /lanes/{laneId}/session/stop", { path }).then(refresh),
                }
              : {
                  label: "Start the session",
                  run: () => call("POST /lanes/{laneId}/session/start", { path }).then(refresh),
                },
            {
              label: "Look at Codex",
              title: "Take the lane’s state from Codex",
              run: () => call("POST /lanes/{laneId}/sync-from-codex", { path }).then(refresh),
            },
            {
              label: "Delete",
              className: "danger",
              confirm:
                "The lane goes, and its worktree unless that holds work. Its conversation stays with Codex.",
              run: () => call("DELETE /lanes/{laneId}", { path }).then(() => navigate({ to: "/lanes" })),
            },
          ]}
        />
      }
    >
      <div className="card">
        <dl className="facts">
          <dt>Status</dt>
          <dd>
            <Status status={lane.status} /> <span className="muted small">since</span>{" "}
            <Moment at={lane.updatedAt} />
          </dd>
          <dt>Lane</dt>
          <dd className="mono">{laneId}</dd>
          {lane.threadId && (
            <>
              <dt>Conversation</dt>
              <dd>
                <Link
                  to="/conversations/$conversationId"
                  params={{ conversationId: lane.threadId }}
                  className="mono"
                >
                  {lane.threadId}
                </Link>
              </dd>
            </>
          )}
          {lane.repoRoot && (
            <>
              <dt>Folder</dt>
              <dd className="mono">{lane.repoRoot}</dd>
            </>
          )}
          {lane.worktreePath && (
            <>
              <dt>Worktree</dt>
              <dd className="mono">
                {lane.worktreePath} ({lane.branch})
              </dd>
            </>
          )}
          <dt>Session</dt>
          <dd>
            {session?.running ? `runs${session.pid ? ` in process ${session.pid}` : ""}` : "does not run"},{" "}
            {lane.sessionIsolation}
            {session?.readinessReason ? `; ${session.readinessReason}` : ""}
          </dd>
          <dt>Sandbox</dt>
          <dd>
            {lane.sandbox}
            {lane.approvalPolicy ? `, asks ${lane.approvalPolicy}` : ""}
          </dd>
        </dl>
      </div>
      {lane.problem && <ErrorNote error={new Error(lane.problem)} />}
      {(approvals.data?.approvals ?? []).map((approval) => (
        <ApprovalCard key={approval.approvalId} approval={approval} />
      ))}
      <Instruct laneId={laneId} isBusy={isBusy} />
      {lane.acceptanceCriteria.length > 0 && (
        <section className="section" aria-labelledby="criteria">
          <h2 id="criteria">Acceptance criteria</h2>
          <ul className="card bullets">
            {lane.acceptanceCriteria.map((criterion, index) => (
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
              <details key={index} className="item" open={result !== undefined && result.exitCode !== 0}>
                <summary>
                  <code className="clip">{command}</code>
                  <span className="item-end">
                    {result === undefined ? (
                      <Status status="pending_step" words="not run yet" />
                    ) : (
                      <Status
                        status={result.exitCode === 0 ? "good" : "failed"}
                        words={result.exitCode === 0 ? "passed" : `exit ${result.exitCode ?? "?"}`}
                      />
                    )}
                  </span>
                </summary>
                <pre className="terminal" tabIndex={0} aria-label="Output">
                  {result === undefined ? "It runs after the next turn." : <AnsiText text={result.output} />}
                </pre>
              </details>
            );
          })}
        </section>
      )}
      <section className="section" aria-labelledby="jobs">
        <h2 id="jobs">Jobs</h2>
        <ul className="rows">
          {jobs.data?.jobs.map((job) => (
            <li key={job.jobId}>
              <JobRow job={job} />
            </li>
          ))}
        </ul>
        {jobs.data?.jobs.length === 0 && <p className="muted">None yet. The first instruction makes one.</p>}
      </section>
      <CommandLine line={curl(`/lanes/${laneId}/events`)} />
    </Page>
  );
}

/** The next instruction; while a turn runs, words for it. */
function Instruct({ laneId, isBusy }: { laneId: string; isBusy: boolean }) {
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
        aria-label={isBusy ? "Words for the running turn" : "Instruction"}
        placeholder={isBusy ? "Add words to the running turn…" : "Give the next instruction…"}
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
