import { getRouteApi, Link } from "@tanstack/react-router";
import { useDeferredValue, useState } from "react";

import type { JobStatus } from "../../api/schemas";
import { EmptyState } from "../../components/EmptyState";
import { LoadError } from "../../components/LoadError";
import { Page } from "../../components/Page";
import { SearchField } from "../../components/SearchField";
import { useCurl } from "../../components/useCurl";
import { VirtualList } from "../../components/VirtualList";
import { JobRow } from "./JobRow";
import { useJobList } from "./useJobList";

const route = getRouteApi("/inside/jobs");
const statuses: JobStatus[] = ["starting", "running", "completed", "failed"];

export function JobsPage() {
  const curl = useCurl();
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  const [typed, setTyped] = useState(filter.search ?? "");
  const search = useDeferredValue(typed.trim()) || undefined;
  const status = statuses.find((status) => status === filter.status);
  const list = useJobList({ status, search });
  const jobs = list.data?.pages.flatMap((page) => page.jobs) ?? [];
  const isFiltered = status !== undefined || search !== undefined;
  return (
    <Page
      title="Jobs"
      fills
      actions={
        <div className="toolbar">
          <SearchField
            label="Search jobs"
            placeholder="Message, folder or id"
            value={typed}
            onChange={setTyped}
          />
          <select
            aria-label="Status"
            value={status ?? ""}
            onChange={(event) =>
              void navigate({ search: event.target.value === "" ? {} : { status: event.target.value } })
            }
          >
            <option value="">All</option>
            {statuses.map((status) => (
              <option key={status}>{status}</option>
            ))}
          </select>
        </div>
      }
    >
      <LoadError of={[list]} />
      {list.isSuccess && jobs.length === 0 ? (
        <EmptyState
          title={isFiltered ? "No job is like this" : "No job yet"}
          line={
            isFiltered
              ? curl("/jobs?limit=20")
              : curl("/conversations", { message: "Explain this repository" })
          }
        >
          {isFiltered ? (
            <>Search for another word, or look at all of them. A program sees them so:</>
          ) : (
            <>
              A job is one message on its way to its answer.{" "}
              <Link to="/conversations/new">Start one here</Link>, or from a terminal:
            </>
          )}
        </EmptyState>
      ) : (
        <VirtualList
          label="Jobs"
          items={jobs}
          rowHeight={40}
          keyOf={(job) => job.jobId}
          row={(job) => <JobRow job={job} />}
          total={list.hasNextPage ? -1 : undefined}
          onEnd={list.hasNextPage && !list.isFetching ? () => void list.fetchNextPage() : undefined}
        />
      )}
    </Page>
  );
}
