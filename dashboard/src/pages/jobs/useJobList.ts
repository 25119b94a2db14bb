// The list of jobs, page by page, kept current: what happens touches a few jobs, so a few are asked for, however many are known.

import { type InfiniteData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";

import { call, type Reply } from "../../api/client";
import type { Job, JobStatus } from "../../api/schemas";
import type { BridgeEvent } from "../../live/events";
import { useConnection, useEvents } from "../../live/Live";

const pageSize = 100;
/** New jobs and changed ones are asked for at most so often. */
const refreshMs = 500;

export interface JobFilter {
  status: JobStatus | undefined;
  search: string | undefined;
}

type Pages = InfiniteData<Reply<"GET /jobs">, string | undefined>;

export function useJobList({ status, search }: JobFilter) {
  const queries = useQueryClient();
  // Not below "jobs": an event must not have thousands asked for again.
  const queryKey = ["job-list", status, search];
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      call("GET /jobs", {
        query: { ...filtered({ status, search }), limit: pageSize, ...(pageParam && { before: pageParam }) },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.more ? page.jobs.at(-1)?.jobId : undefined),
  });

  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const changed = useRef(new Set<string>());
  const refresh = useCallback(async () => {
    timer.current = undefined;
    const ids = changed.current;
    changed.current = new Set();
    const newest = await call("GET /jobs", { query: { ...filtered({ status, search }), limit: pageSize } });
    const seen = new Set(newest.jobs.map((job) => job.jobId));
    const known = queries.getQueryData<Pages>(queryKey)?.pages.flatMap((page) => page.jobs) ?? [];
    const older = known.filter((job) => ids.has(job.jobId) && !seen.has(job.jobId));
    const again = await Promise.all(
      older.slice(0, 50).map(({ jobId }) => call("GET /jobs/{jobId}", { path: { jobId } })),
    );
    queries.setQueryData<Pages>(
      queryKey,
      (pages) =>
        pages &&
        merged(
          pages,
          newest,
          again.map(({ job }) => job),
          status,
        ),
    );
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the key is made of these
  }, [queries, status, search]);
  const plan = useCallback(() => {
    timer.current ??= setTimeout(() => void refresh().catch(() => undefined), refreshMs);
  }, [refresh]);
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
        changed.current.add(jobId);
      }
    }
    if (changed.current.size > 0) {
      plan();
    }
  });
  const connection = useConnection().state;
  useEffect(() => {
    if (connection === "connected") {
      plan();
    }
  }, [connection, plan]);
  return query;
}

function filtered({ status, search }: JobFilter) {
  return { ...(status && { status }), ...(search && { search }) };
}

/** The pages with what is newer: new jobs first, changed ones in their places, and none whose state is not asked for. */
function merged(
  pages: Pages,
  newest: Reply<"GET /jobs">,
  changed: Job[],
  status: JobStatus | undefined,
): Pages {
  const byId = new Map([...newest.jobs, ...changed].map((job) => [job.jobId, job]));
  const known = new Set(pages.pages.flatMap((page) => page.jobs.map((job) => job.jobId)));
  const current = (job: Job) => byId.get(job.jobId) ?? job;
  const oldestNew = newest.more ? newest.jobs.at(-1)?.createdAt : undefined;
  const isStill = (job: Job) => {
    const isGone =
      (oldestNew === undefined || job.createdAt > oldestNew) &&
      !newest.jobs.some(({ jobId }) => jobId === job.jobId);
    return !isGone && (status === undefined || job.status === status);
  };
  const [first, ...rest] = pages.pages.map((page) => ({
    ...page,
    jobs: page.jobs.map(current).filter(isStill),
  }));
  const fresh = newest.jobs.filter((job) => !known.has(job.jobId));
  return {
    ...pages,
    pages: first === undefined ? [newest] : [{ ...first, jobs: [...fresh, ...first.jobs] }, ...rest],
  };
}
