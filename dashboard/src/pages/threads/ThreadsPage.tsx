import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useDeferredValue, useMemo, useState } from "react";

import { call } from "../../api/client";
import type { ThreadView } from "../../api/schemas";
import { EmptyState } from "../../components/EmptyState";
import { directoryName, firstLine, shortId } from "../../components/format";
import { List } from "../../components/List";
import { Moment } from "../../components/Moment";
import { ownerText } from "../../components/owner";
import { Page } from "../../components/Page";
import { SearchField } from "../../components/SearchField";
import { Status } from "../../components/Status";
import { useCurl } from "../../components/useCurl";
import { lineageTree, type TreeNode } from "./lineage";

/** All source kinds, because sub-agents are part of the tree. */
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
    () => lineageTree(list.data?.pages.flatMap((page) => page.threads) ?? []),
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
      <List
        label="Threads"
        layout="fill"
        query={list}
        items={threads}
        keyOf={({ thread }) => thread.id}
        row={(node) => <Row {...node} />}
        empty={
          <EmptyState
            title={search === "" ? "No threads yet" : "No matching threads"}
            line={curl("/codex/threads?limit=20")}
          >
            A thread is a conversation as Codex stores it, whichever program started it. Sub-agents and forks
            appear below the thread they come from.
          </EmptyState>
        }
      />
    </Page>
  );
}

function Row({ thread, depth, relation }: TreeNode) {
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
      <span className="clip small">
        <Surface thread={thread} />
      </span>
      <span className="clip small">
        {thread.status === "active" ? (
          <Status status="running" />
        ) : (
          <span className="muted">{ownerText(thread.owner)}</span>
        )}
      </span>
      <span className="clip muted small">
        {thread.laneId ? `lane ${thread.laneId}` : thread.cwd ? directoryName(thread.cwd) : ""}
      </span>
      <span className="muted small row-time">
        <Moment at={thread.updatedAt} />
      </span>
    </Link>
  );
}

function Surface({ thread }: { thread: ThreadView }) {
  return (
    <span className="tag" title={thread.originator ?? thread.source}>
      {typeof thread.surface === "string" ? thread.surface : thread.source}
    </span>
  );
}
