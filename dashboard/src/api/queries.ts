// Queries that several components use. Events invalidate queries by the first part of their key, see
// live/Live.tsx.

import { queryOptions } from "@tanstack/react-query";

import { call } from "./client";

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => call("GET /dashboard/session", { signal }),
});

export const healthQuery = queryOptions({
  queryKey: ["health"],
  queryFn: ({ signal }) => call("GET /health", { signal }),
});

export const pendingApprovalsQuery = queryOptions({
  queryKey: ["approvals", "pending"],
  queryFn: ({ signal }) => call("GET /approvals", { query: { status: "pending" }, signal }),
});

export const recentJobsQuery = queryOptions({
  queryKey: ["jobs", "recent"],
  queryFn: ({ signal }) => call("GET /jobs", { query: { limit: 20 }, signal }),
});

export const lanesQuery = queryOptions({
  queryKey: ["lanes", "all"],
  queryFn: ({ signal }) => call("GET /lanes", { query: { limit: 1000 }, signal }),
});

export const laneSessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: ({ signal }) => call("GET /lanes/sessions", { signal }),
});

export const webhooksQuery = queryOptions({
  queryKey: ["webhooks"],
  queryFn: ({ signal }) => call("GET /webhooks", { signal }),
});

export const jobQuery = (jobId: string) =>
  queryOptions({
    queryKey: ["job", jobId],
    queryFn: async ({ signal }) => (await call("GET /jobs/{jobId}", { path: { jobId }, signal })).job,
  });

export const laneQuery = (laneId: string) =>
  queryOptions({
    queryKey: ["lanes", laneId],
    queryFn: async ({ signal }) => (await call("GET /lanes/{laneId}", { path: { laneId }, signal })).lane,
  });

export const conversationQuery = (conversationId: string) =>
  queryOptions({
    queryKey: ["conversation", conversationId],
    queryFn: async ({ signal }) => {
      const reply = await call("GET /conversations/{conversationId}", { path: { conversationId }, signal });
      return { ...reply.conversation, hasOlderTurns: reply.nextCursor !== null };
    },
  });
