import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { healthQuery, pendingApprovalsQuery, recentJobsQuery } from "../../api/queries";
import { EmptyState } from "../../components/EmptyState";
import { count } from "../../components/format";
import { LoadError } from "../../components/LoadError";
import { Page } from "../../components/Page";
import { useCurl } from "../../components/useCurl";
import { ApprovalCard } from "../approvals/ApprovalCard";
import { JobRows } from "../jobs/JobRows";
import { Activity } from "./Activity";

const jobsShown = 8;

export function OverviewPage() {
  const curl = useCurl();
  const health = useQuery(healthQuery);
  const approvals = useQuery(pendingApprovalsQuery);
  const recent = useQuery(recentJobsQuery);
  const jobs = health.data?.status.jobs;
  const pending = approvals.data?.approvals ?? [];
  const tiles = [
    { label: "Running", value: jobs && jobs.running + jobs.starting, status: "running" },
    { label: "Pending approvals", value: approvals.data && pending.length, status: undefined },
    { label: "Completed", value: jobs?.completed, status: "completed" },
    { label: "Failed", value: jobs?.failed, status: "failed" },
  ];
  return (
    <Page title="Overview">
      <LoadError of={[health, approvals, recent]} />
      <ul className="tiles" aria-label="Job counts">
        {tiles.map(({ label, value, status }) => (
          <li key={label}>
            {status === undefined ? (
              <a href="#approvals" className={`tile ${value ? "attention" : ""}`}>
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
        <h2 id="approvals-title">Pending approvals</h2>
        {pending.length === 0 ? (
          <EmptyState title="Nothing needs your approval" line={curl("/approvals?status=pending")}>
            When Codex asks before it runs a command or changes files, you can approve or deny it here. A
            program can do the same through the API:
          </EmptyState>
        ) : (
          <ul className="approvals">
            {pending.map((approval) => (
              <li key={approval.approvalId}>
                <ApprovalCard approval={approval} />
              </li>
            ))}
          </ul>
        )}
      </section>
      <Activity />
      <section className="section" aria-labelledby="recent-title">
        <h2 id="recent-title">Recent jobs</h2>
        {recent.data?.jobs.length === 0 ? (
          <EmptyState
            title="No jobs yet"
            line={curl("/conversations", { message: "Explain this repository" })}
          >
            A job is one message and Codex’s work on it. Start one with New, or from a terminal:
          </EmptyState>
        ) : (
          <JobRows jobs={(recent.data?.jobs ?? []).slice(0, jobsShown)} />
        )}
      </section>
    </Page>
  );
}
