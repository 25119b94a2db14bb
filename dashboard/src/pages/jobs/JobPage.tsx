import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";

import { call } from "../../api/client";
import { jobQuery } from "../../api/queries";
import type { Job } from "../../api/schemas";
import { Actions } from "../../components/Action";
import { Diff } from "../../components/Diff";
import { ErrorNote } from "../../components/ErrorNote";
import { count, duration, firstLine, shortId } from "../../components/format";
import { LoadError } from "../../components/LoadError";
import { Markdown } from "../../components/Markdown";
import { Moment } from "../../components/Moment";
import { Page } from "../../components/Page";
import { Status } from "../../components/Status";
import { useForm } from "../../components/useForm";
import { Plan } from "../conversations/Plan";
import { jobStatus } from "./JobRow";

export function JobPage() {
  const { jobId } = useParams({ from: "/inside/jobs/$jobId" });
  const job = useQuery(jobQuery(jobId));
  if (job.data === undefined) {
    return (
      <Page title="Job">
        <LoadError of={[job]} />
      </Page>
    );
  }
  return <ShownJob job={job.data} />;
}

function ShownJob({ job }: { job: Job }) {
  const queries = useQueryClient();
  const { jobId } = job;
  const isOpen = job.status === "running" || job.status === "starting";
  const cancel = () =>
    call("POST /jobs/{jobId}/cancel", { path: { jobId } }).then(() =>
      queries.invalidateQueries({ queryKey: ["job", jobId] }),
    );
  return (
    <Page
      above={<Link to="/jobs">Jobs</Link>}
      title={firstLine(job.message) || "Job"}
      actions={
        <div className="actions">
          {job.conversationId && (
            <Link
              className="button"
              to="/conversations/$conversationId"
              params={{ conversationId: job.conversationId }}
            >
              Open the conversation
            </Link>
          )}
          {isOpen && (
            <Actions
              actions={[
                {
                  label: "Cancel the job",
                  className: "danger",
                  run: cancel,
                  confirm: "Its turn is interrupted; what it did so far stays.",
                },
              ]}
            />
          )}
        </div>
      }
    >
      <div className="card">
        <dl className="facts">
          <dt>Status</dt>
          <dd>
            <Status status={jobStatus(job)} />
          </dd>
          <dt>Job</dt>
          <dd className="mono">{jobId}</dd>
          <dt>Accepted</dt>
          <dd>
            <Moment at={job.createdAt} />
            {job.result?.durationMs ? `, worked ${duration(job.result.durationMs)}` : ""}
          </dd>
          {job.cwd && (
            <>
              <dt>Folder</dt>
              <dd className="mono">{job.cwd}</dd>
            </>
          )}
          {job.delivery && (
            <>
              <dt>Delivery</dt>
              <dd>{job.delivery.replaceAll("_", " ")}</dd>
            </>
          )}
          {job.laneId && (
            <>
              <dt>Lane</dt>
              <dd>
                <Link to="/lanes/$laneId" params={{ laneId: job.laneId }}>
                  {job.laneId}
                </Link>
              </dd>
            </>
          )}
          {job.result?.tokenUsage && (
            <>
              <dt>Tokens</dt>
              <dd>
                {count(job.result.tokenUsage.inputTokens)} in, of these{" "}
                {count(job.result.tokenUsage.cachedInputTokens)} cached;{" "}
                {count(job.result.tokenUsage.outputTokens)} out
              </dd>
            </>
          )}
          {job.lastEventType && (
            <>
              <dt>Last event</dt>
              <dd>
                <span className="mono">{job.lastEventType}</span>, <Moment at={job.lastEventAt ?? null} /> (
                {count(job.eventCount ?? 0)} in all)
              </dd>
            </>
          )}
        </dl>
      </div>
      {job.failure && <ErrorNote error={new Error(`${job.failure.code}: ${job.failure.message}`)} />}
      {(job.warnings ?? []).map((warning) => (
        <p key={warning} className="banner warning flat">
          {warning}
        </p>
      ))}
      {isOpen && <Steer jobId={jobId} />}
      <section className="section" aria-labelledby="message">
        <h2 id="message">Message</h2>
        <div className="card message-text">{job.message}</div>
      </section>
      {job.result?.text && (
        <section className="section" aria-labelledby="answer">
          <h2 id="answer">Answer</h2>
          <div className="card">
            <Markdown text={job.result.text} />
          </div>
        </section>
      )}
      {job.result?.plan && (
        <section className="section" aria-labelledby="plan">
          <h2 id="plan">Plan</h2>
          <div className="card">
            <Plan plan={job.result.plan} isOver />
          </div>
        </section>
      )}
      {job.result?.diff && (
        <section className="section" aria-labelledby="changes">
          <h2 id="changes">Changes</h2>
          <Diff diff={job.result.diff} />
        </section>
      )}
      {(job.waitingOn?.length ?? 0) > 0 && (
        <p>
          Waits for an answer: <Link to="/">{job.waitingOn?.map(({ summary }) => summary).join("; ")}</Link>
        </p>
      )}
      <p className="small muted">
        Job {shortId(jobId)} is also at /jobs/{jobId} of the API.
      </p>
    </Page>
  );
}

/** Adds words to the running turn. */
function Steer({ jobId }: { jobId: string }) {
  const form = useForm({ message: "" }, async ({ message }, clear) => {
    await call("POST /jobs/{jobId}/steer", { path: { jobId }, body: { message, images: [] } });
    clear();
  });
  return (
    <form className="inline-form" onSubmit={form.submit}>
      <input
        className="input"
        aria-label="Words for the running turn"
        placeholder="Add words to the running turn…"
        {...form.field("message")}
      />
      <button type="submit" className="button" disabled={form.isPending || form.values.message.trim() === ""}>
        Steer
      </button>
      <ErrorNote error={form.error} />
    </form>
  );
}
