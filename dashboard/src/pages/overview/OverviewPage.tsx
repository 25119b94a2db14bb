import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { healthQuery, pendingApprovalsQuery, recentJobsQuery } from "../../api/queries";
import { EmptyState } from "../../components/EmptyState";
import { count } from "../../components/format";
import { LoadError } from "../../components/LoadError";
import { Page } from "../../components/Page";
import { useCurl } from "../../components/useCurl";
import { ApprovalCard } from "../approvals/ApprovalCard";
import { JobRow } from "../jobs/JobRow";
import { Activity } from "./Activity";

export function OverviewPage() {
  const curl = useCurl();
  const health = useQuery(healthQuery);
  const approvals = useQuery(pendingApprovalsQuery);
  const recent = useQuery(recentJobsQuery);
  const jobs = health.data?.status.jobs;
  const waiting = approvals.data?.approvals ?? [];
  const tiles = [
    { label: "Running", value: jobs && jobs.running + jobs.starting, status: "running" },
    { label: "Waiting for you", value: approvals.data && waiting.length, status: undefined },
    { label: "Done", value: jobs?.completed, status: "completed" },
    { label: "Failed", value: jobs?.failed, status: "failed" },
  ];
  return (
    <Page title="Overview">
      <LoadError of={[health, approvals]} />
      <ul className="tiles" aria-label="Numbers of jobs">
        {tiles.map(({ label, value, status }) => (
          <li key={label}>
            {status === undefined ? (
              <a href="#approvals" className={`tile ${value ? "calls" : ""}`}>
                <strong>{value === undefined ? "–" : count(value)}</strong> <span>{label}</span>
              </a>
            ) : (
              <Link to="/jobs" search={{ status }} className="tile">
                <strong>{value === undefined ? "–" : count(value)}</strong> <span>{label}</span>
              </Link>
            )}
          </li>
        ))}
      </ul>
      <section id="approvals" className="section" aria-labelledby="approvals-title">
        <h2 id="approvals-title">Waiting for you</h2>
        {waiting.length === 0 ? (
          <EmptyState title="Nothing waits for an answer" line={curl("/approvals?status=pending")}>
            When Codex asks before it runs a command or changes files, you approve or deny it here; a program
            can do the same.
          </EmptyState>
        ) : (
          <ul className="approvals">
            {waiting.map((approval) => (
              <li key={approval.approvalId}>
                <ApprovalCard approval={approval} />
              </li>
            ))}
          </ul>
        )}
      </section>
      <Activity />
      <section className="section" aria-labelledby="recent-title">
        <h2 id="recent-title">Latest jobs</h2>
        {recent.data?.jobs.length === 0 ? (
          <EmptyState
            title="No job yet"
            line={curl("/conversations", { message: "Explain this repository" })}
          >
            A job is one message on its way to its answer. Start one here with New, or from a terminal:
          </EmptyState>
        ) : (
          <ul className="rows">
            {(recent.data?.jobs ?? []).slice(0, 8).map((job) => (
              <li key={job.jobId}>
                <JobRow job={job} />
              </li>
            ))}
          </ul>
        )}
      </section>
    </Page>
  );
}
