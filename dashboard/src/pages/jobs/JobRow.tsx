import { Link } from "@tanstack/react-router";

import type { Job } from "../../api/schemas";
import { firstLine, folderName } from "../../components/format";
import { Moment } from "../../components/Moment";
import { Status } from "../../components/Status";

/** What a person calls the state of a job: one that waits for them is no running one. */
export function jobStatus(job: Job): string {
  if ((job.waitingOn?.length ?? 0) > 0 && (job.status === "running" || job.status === "starting")) {
    return "needs_approval";
  }
  return job.status === "starting" && job.delivery === "queued" ? "queued" : job.status;
}

/** A job in a list. */
export function JobRow({ job }: { job: Job }) {
  return (
    <Link to="/jobs/$jobId" params={{ jobId: job.jobId }} className="row job-row">
      <Status status={jobStatus(job)} />
      <span className="clip" title={firstLine(job.message)}>
        {firstLine(job.message) || <span className="muted">(no text)</span>}
      </span>
      <span className="clip muted small">
        {job.failure ? job.failure.code : job.cwd ? folderName(job.cwd) : ""}
      </span>
      <span className="muted small row-time">
        <Moment at={job.createdAt} />
      </span>
    </Link>
  );
}
