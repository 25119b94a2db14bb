// The list of jobs, loaded page by page and kept current. Events concern a few jobs, so that only these are
// fetched again, however many jobs are loaded.

import { type InfiniteData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef } from "react";

import { call, type Reply } from "../../api/client";
import type { Job } from "../../api/schemas";
import type { BridgeEvent } from "../../live/events";
import { useConnection, useEvents } from "../../live/Live";
import { type JobState, jobState } from "./jobStatus";

const pageSize = 100;
/** The minimum time between two refreshes. */
const refreshMs = 500;

export interface JobFilter {
  state: JobState | undefined;
  search: string | undefined;
}

type Pages = InfiniteData<Reply<"GET /jobs">, string | undefined>;

export function useJobList({ state, search }: JobFilter) {
  const queries = useQueryClient();
  // The key does not start with "jobs", because an event would then refetch every loaded page.
  const queryKey = useMemo(() => ["job-list", state, search], [state, search]);
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      call("GET /jobs", {
        query: { ...filtered({ state, search }), limit: pageSize, ...(pageParam && { before: pageParam }) },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.more ? page.jobs.at(-1)?.jobId : undefined),
  });

  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const changedIds = useRef(new Set<string>());
  const refresh = useCallback(async () => {
    timer.current = undefined;
    const ids = changedIds.current;
    changedIds.current = new Set();
    const newest = await call("GET /jobs", { query: { ...filtered({ state, search }), limit: pageSize } });
    const newestIds = new Set(newest.jobs.map((job) => job.jobId));
    const loaded = queries.getQueryData<Pages>(queryKey)?.pages.flatMap((page) => page.jobs) ?? [];
    const older = loaded.filter((job) => ids.has(job.jobId) && !newestIds.has(job.jobId));
    const refetched = await Promise.all(
      older.slice(0, 50).map(({ jobId }) => call("GET /jobs/{jobId}", { path: { jobId } })),
    );
    queries.setQueryData<Pages>(
      queryKey,
      (pages) =>
        pages &&
        merged(
          pages,
          newest,
          refetched.map(({ job }) => job),
          state,
        ),
    );
  }, [queries, queryKey, state, search]);
  const scheduleRefresh = useCallback(() => {
    timer.current ??= setTimeout(() => void refresh().catch(() => undefined), refreshMs);
  }, [refresh]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new filter cancels the refresh.
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [refresh],
  );

  useEvents((events: BridgeEvent[]) => {
    for (const { type, jobId } of events) {
      if (jobId !== undefined && /^(job|approval)\./.test(type)) {
        changedIds.current.add(jobId);
      }
    }
    if (changedIds.current.size > 0) {
      scheduleRefresh();
    }
  });
  const connection = useConnection().state;
  useEffect(() => {
    if (connection === "connected") {
      scheduleRefresh();
    }
  }, [connection, scheduleRefresh]);
  return query;
}

function filtered({ state, search }: JobFilter) {
  const isEnd = state !== undefined && state !== "starting" && state !== "running";
  return { ...(state && (isEnd ? { outcome: state } : { status: state })), ...(search && { search }) };
}

/**
 * Returns the pages updated with newer data: new jobs first, changed jobs in their places, and without jobs
 * that no longer match the state.
 */
function merged(
  pages: Pages,
  newest: Reply<"GET /jobs">,
  changed: Job[],
  state: JobState | undefined,
): Pages {
  const byId = new Map([...newest.jobs, ...changed].map((job) => [job.jobId, job]));
  const known = new Set(pages.pages.flatMap((page) => page.jobs.map((job) => job.jobId)));
  const current = (job: Job) => byId.get(job.jobId) ?? job;
  const oldestNew = newest.more ? newest.jobs.at(-1)?.createdAt : undefined;
  const isListed = (job: Job) => {
    const isGone =
      (oldestNew === undefined || job.createdAt > oldestNew) &&
      !newest.jobs.some(({ jobId }) => jobId === job.jobId);
    return !isGone && (state === undefined || jobState(job) === state);
  };
  const [first, ...rest] = pages.pages.map((page) => ({
    ...page,
    jobs: page.jobs.map(current).filter(isListed),
  }));
  const added = newest.jobs.filter((job) => !known.has(job.jobId));
  return {
    ...pages,
    pages: first === undefined ? [newest] : [{ ...first, jobs: [...added, ...first.jobs] }, ...rest],
  };
}
