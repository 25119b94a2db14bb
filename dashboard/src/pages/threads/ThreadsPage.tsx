import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useDeferredValue, useMemo, useState } from "react";

import { call } from "../../api/client";
import type { ThreadView } from "../../api/schemas";
import { EmptyState } from "../../components/EmptyState";
import { firstLine, folderName, shortId } from "../../components/format";
import { LoadError } from "../../components/LoadError";
import { Moment } from "../../components/Moment";
import { Page } from "../../components/Page";
import { SearchField } from "../../components/SearchField";
import { Status } from "../../components/Status";
import { useCurl } from "../../components/useCurl";
import { VirtualList } from "../../components/VirtualList";
import { inLineage, type Placed } from "./lineage";

/** Every kind of source: sub-agents are what makes a tree. */
const sourceKinds = "cli,vscode,exec,appServer,subAgent,unknown";

export function ThreadsPage() {
  const curl = useCurl();
  const [typed, setTyped] = useState("");
  const search = useDeferredValue(typed.trim());
  const list = useInfiniteQuery({
    queryKey: ["threads", search],
    queryFn: ({ pageParam, signal }) =>
      call("GET /codex/threads", {
        query: {
          limit: 100,
          sourceKinds,
          ...(search && { search }),
          ...(pageParam && { cursor: pageParam }),
        },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
  const threads = useMemo(
    () => inLineage(list.data?.pages.flatMap((page) => page.threads) ?? []),
    [list.data],
  );
  return (
    <Page
      title="Threads"
      fills
      actions={
        <div className="toolbar">
          <SearchField label="Search threads" placeholder="Title" value={typed} onChange={setTyped} />
        </div>
      }
    >
      <LoadError of={[list]} />
      {list.isSuccess && threads.length === 0 ? (
        <EmptyState
          title={search === "" ? "No thread yet" : "No thread is called so"}
          line={curl("/codex/threads?limit=20")}
        >
          A thread is a conversation as Codex keeps it, whichever program began it; sub-agents and copies
          stand below what they come from.
        </EmptyState>
      ) : (
        <VirtualList
          label="Threads"
          items={threads}
          rowHeight={40}
          keyOf={({ thread }) => thread.id}
          row={(placed) => <Row {...placed} />}
          total={list.hasNextPage ? -1 : undefined}
          onEnd={list.hasNextPage && !list.isFetching ? () => void list.fetchNextPage() : undefined}
        />
      )}
    </Page>
  );
}

function Row({ thread, depth, relation }: Placed) {
  return (
    <Link
      to="/conversations/$conversationId"
      params={{ conversationId: thread.id }}
      className="row thread-row"
    >
      <span className="clip" style={{ paddingInlineStart: Math.min(depth, 8) * 20 }}>
        {depth > 0 && <span className="muted">└ {relation} </span>}
        {thread.title ?? (firstLine(thread.preview ?? "") || shortId(thread.id))}
      </span>
      <span className="clip small">{surface(thread)}</span>
      <span className="clip small">
        {thread.status === "active" ? (
          <Status status="running" />
        ) : (
          <span className="muted">{ownerOf(thread)}</span>
        )}
      </span>
      <span className="clip muted small">
        {thread.laneId ? `lane ${thread.laneId}` : thread.cwd ? folderName(thread.cwd) : ""}
      </span>
      <span className="muted small row-time">
        <Moment at={thread.updatedAt} />
      </span>
    </Link>
  );
}

function surface(thread: ThreadView) {
  return (
    <span className="tag" title={thread.originator ?? thread.source}>
      {typeof thread.surface === "string" ? thread.surface : thread.source}
    </span>
  );
}

function ownerOf({ owner }: ThreadView): string {
  return owner.kind === "other"
    ? `${owner.program ?? "another process"} (${owner.pid ?? "?"})`
    : owner.kind === "bridge"
      ? "this bridge"
      : owner.kind;
}
