import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";

import { call } from "../../api/client";
import { jobQuery } from "../../api/queries";
import type { Job } from "../../api/schemas";
import { Actions } from "../../components/Action";
import { Diff } from "../../components/Diff";
import { ErrorNote } from "../../components/ErrorNote";
import { type Fact, Facts } from "../../components/Facts";
import { count, duration, firstLine } from "../../components/format";
import { LoadError } from "../../components/LoadError";
import { Markdown } from "../../components/Markdown";
import { Moment } from "../../components/Moment";
import { Page } from "../../components/Page";
import { Status } from "../../components/Status";
import { tokenUsageText } from "../../components/tokenUsage";
import { useForm } from "../../components/useForm";
import { Plan } from "../conversations/Plan";
import { isActive, jobStatus } from "./jobStatus";

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
  return <LoadedJob job={job.data} />;
}

function LoadedJob({ job }: { job: Job }) {
  const queries = useQueryClient();
  const { jobId } = job;
  const active = isActive(job);
  const produced = job.result ?? job.progress;
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
              Open conversation
            </Link>
          )}
          {active && (
            <Actions
              actions={[
                {
                  label: "Cancel job",
                  className: "danger",
                  run: cancel,
                  confirm: {
                    action: "Cancel job",
                    consequence: "The current turn is interrupted. Changes made so far are kept.",
                    dismiss: "Keep running",
                  },
                },
              ]}
            />
          )}
        </div>
      }
    >
      <div className="card">
        <Facts facts={factsOf(job)} />
      </div>
      {job.failure && (
        <ErrorNote error={new Error(`${job.failure.cause ?? job.failure.code}: ${job.failure.message}`)} />
      )}
      {(job.warnings ?? []).map((warning) => (
        <p key={warning} className="banner warning flat">
          {warning}
        </p>
      ))}
      {active && <Steer jobId={jobId} />}
      <section className="section" aria-labelledby="message">
        <h2 id="message">Message</h2>
        <div className="card message-text">{job.message}</div>
      </section>
      {job.progress?.command && (
        <section className="section" aria-labelledby="command">
          <h2 id="command">Current command</h2>
          <div className="card mono">{job.progress.command.command}</div>
        </section>
      )}
      {produced?.text && (
        <section className="section" aria-labelledby="answer">
          <h2 id="answer">{job.outcome === "completed" ? "Answer" : "Answer so far"}</h2>
          <div className="card">
            <Markdown text={produced.text} />
          </div>
        </section>
      )}
      {produced?.plan && (
        <section className="section" aria-labelledby="plan">
          <h2 id="plan">Plan</h2>
          <div className="card">
            <Plan plan={produced.plan} isOver={!active} />
          </div>
        </section>
      )}
      {produced?.diff && (
        <section className="section" aria-labelledby="changes">
          <h2 id="changes">Changes</h2>
          <Diff diff={produced.diff} />
        </section>
      )}
      {(job.waitingOn?.length ?? 0) > 0 && (
        <p>
          Waiting for approval: <Link to="/">{job.waitingOn?.map(({ summary }) => summary).join("; ")}</Link>
        </p>
      )}
      <p className="small muted">
        In the API, this job is at <span className="mono">/jobs/{jobId}</span>.
      </p>
    </Page>
  );
}

function factsOf(job: Job): Fact[] {
  const { result } = job;
  const tokenUsage = (result ?? job.progress)?.tokenUsage;
  return [
    { name: "Status", value: <Status status={jobStatus(job)} /> },
    { name: "Job ID", value: job.jobId, mono: true },
    {
      name: "Accepted",
      value: (
        <>
          <Moment at={job.createdAt} />
          {result?.durationMs ? `, ran for ${duration(result.durationMs)}` : ""}
        </>
      ),
    },
    { name: "Directory", value: job.cwd, mono: true },
    { name: "Delivery", value: job.delivery?.replaceAll("_", " ") },
    {
      name: "Lane",
      value: job.laneId && (
        <Link to="/lanes/$laneId" params={{ laneId: job.laneId }}>
          {job.laneId}
        </Link>
      ),
    },
    { name: "Try again", value: job.failure?.retryAt && <Moment at={job.failure.retryAt} /> },
    { name: "Tokens", value: tokenUsage && tokenUsageText(tokenUsage) },
    {
      name: "Last event",
      value: job.lastEventType && (
        <>
          <span className="mono">{job.lastEventType}</span>, <Moment at={job.lastEventAt ?? null} /> (
          {count(job.eventCount ?? 0)} total)
        </>
      ),
    },
  ];
}

/** Renders a form that sends a message to the current turn. */
function Steer({ jobId }: { jobId: string }) {
  const form = useForm({ message: "" }, async ({ message }, clear) => {
    await call("POST /jobs/{jobId}/steer", { path: { jobId }, body: { message, images: [] } });
    clear();
  });
  return (
    <form className="inline-form" onSubmit={form.submit}>
      <input
        className="input"
        aria-label="Message for the current turn"
        placeholder="Steer the current turn…"
        {...form.field("message")}
      />
      <button type="submit" className="button" disabled={form.isPending || form.values.message.trim() === ""}>
        Steer
      </button>
      <ErrorNote error={form.error} />
    </form>
  );
}
