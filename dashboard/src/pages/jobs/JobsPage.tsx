import { getRouteApi, Link } from "@tanstack/react-router";
import { useDeferredValue, useState } from "react";

import { EmptyState } from "../../components/EmptyState";
import { List } from "../../components/List";
import { Page } from "../../components/Page";
import { SearchField } from "../../components/SearchField";
import { useCurl } from "../../components/useCurl";
import { JobRow } from "./JobRows";
import type { JobState } from "./jobStatus";
import { useJobList } from "./useJobList";

const route = getRouteApi("/inside/jobs");
const states: JobState[] = [
  "starting",
  "running",
  "completed",
  "failed",
  "cancelled",
  "interrupted",
  "timed_out",
];

export function JobsPage() {
  const curl = useCurl();
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  const [typed, setTyped] = useState(filter.search ?? "");
  const search = useDeferredValue(typed.trim()) || undefined;
  const state = states.find((state) => state === filter.status);
  const list = useJobList({ state, search });
  const jobs = list.data?.pages.flatMap((page) => page.jobs) ?? [];
  const isFiltered = state !== undefined || search !== undefined;
  return (
    <Page
      title="Jobs"
      fills
      actions={
        <div className="toolbar">
          <SearchField
            label="Search jobs"
            placeholder="Message, directory, or ID"
            value={typed}
            onChange={setTyped}
          />
          <select
            aria-label="Status"
            value={state ?? ""}
            onChange={(event) =>
              void navigate({ search: event.target.value === "" ? {} : { status: event.target.value } })
            }
          >
            <option value="">All statuses</option>
            {states.map((state) => (
              <option key={state} value={state}>
                {state.replace("_", " ")}
              </option>
            ))}
          </select>
        </div>
      }
    >
      <List
        label="Jobs"
        layout="fill"
        query={list}
        items={jobs}
        keyOf={(job) => job.jobId}
        row={(job) => <JobRow job={job} />}
        empty={
          isFiltered ? (
            <EmptyState title="No matching jobs" line={curl("/jobs?limit=20")}>
              Change the search or the status. To list jobs from a terminal:
            </EmptyState>
          ) : (
            <EmptyState
              title="No jobs yet"
              line={curl("/conversations", { message: "Explain this repository" })}
            >
              A job is one message and Codex’s work on it. <Link to="/conversations/new">Start one here</Link>
              , or from a terminal:
            </EmptyState>
          )
        }
      />
    </Page>
  );
}
