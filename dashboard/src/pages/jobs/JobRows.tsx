// Jobs in lists.

import { Link } from "@tanstack/react-router";

import type { Job } from "../../api/schemas";
import { directoryName, firstLine } from "../../components/format";
import { Moment } from "../../components/Moment";
import { Rows } from "../../components/Rows";
import { Status } from "../../components/Status";
import { jobStatus } from "./jobStatus";

/** Renders a short list of jobs. */
export function JobRows({ jobs }: { jobs: Job[] }) {
  return <Rows items={jobs} keyOf={(job) => job.jobId} row={(job) => <JobRow job={job} />} />;
}

/** Renders one job of a list, as a link to its page. */
export function JobRow({ job }: { job: Job }) {
  return (
    <Link to="/jobs/$jobId" params={{ jobId: job.jobId }} className="row job-row">
      <Status status={jobStatus(job)} />
      <span className="clip" title={firstLine(job.message)}>
        {firstLine(job.message) || <span className="muted">(empty message)</span>}
      </span>
      <span className="clip muted small">
        {job.failure ? (job.failure.cause ?? job.failure.code) : job.cwd ? directoryName(job.cwd) : ""}
      </span>
      <span className="muted small row-time">
        <Moment at={job.createdAt} />
      </span>
    </Link>
  );
}
