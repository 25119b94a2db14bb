import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useDeferredValue, useState } from "react";

import { call } from "../../api/client";
import type { ConversationView } from "../../api/schemas";
import { Actions } from "../../components/Action";
import { EmptyState } from "../../components/EmptyState";
import { firstLine, folderName } from "../../components/format";
import { LoadError } from "../../components/LoadError";
import { Moment } from "../../components/Moment";
import { Page } from "../../components/Page";
import { SearchField } from "../../components/SearchField";
import { useCurl } from "../../components/useCurl";
import { VirtualList } from "../../components/VirtualList";

export function ConversationsPage() {
  const curl = useCurl();
  const [typed, setTyped] = useState("");
  const [archived, setArchived] = useState(false);
  const search = useDeferredValue(typed.trim());
  const list = useInfiniteQuery({
    queryKey: ["conversations", search, archived],
    queryFn: ({ pageParam, signal }) =>
      call("GET /conversations", {
        query: { limit: 100, archived, ...(search && { search }), ...(pageParam && { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
  const conversations = list.data?.pages.flatMap((page) => page.conversations) ?? [];
  return (
    <Page
      title="Conversations"
      fills
      actions={
        <div className="toolbar">
          <SearchField label="Search conversations" placeholder="Title" value={typed} onChange={setTyped} />
          <label className="checkbox">
            <input
              type="checkbox"
              checked={archived}
              onChange={(event) => setArchived(event.target.checked)}
            />{" "}
            Archived
          </label>
        </div>
      }
    >
      <LoadError of={[list]} />
      {list.isSuccess && conversations.length === 0 ? (
        <EmptyState
          title={search !== "" || archived ? "No conversation is like this" : "No conversation yet"}
          line={curl("/conversations", { message: "Explain this repository" })}
        >
          Codex keeps every conversation, those of VS Code and of the terminal too.{" "}
          <Link to="/conversations/new">Start one here</Link>, or from a terminal:
        </EmptyState>
      ) : (
        <VirtualList
          label="Conversations"
          items={conversations}
          rowHeight={40}
          keyOf={(conversation) => conversation.conversationId}
          row={(conversation) => <Row conversation={conversation} archived={archived} />}
          total={list.hasNextPage ? -1 : undefined}
          onEnd={list.hasNextPage && !list.isFetching ? () => void list.fetchNextPage() : undefined}
        />
      )}
    </Page>
  );
}

function Row({ conversation, archived }: { conversation: ConversationView; archived: boolean }) {
  const { conversationId, title, preview, cwd, source, owner, updatedAt } = conversation;
  const words = title ?? (firstLine(preview ?? "") || conversationId);
  return archived ? (
    <Archived conversationId={conversationId} words={words} />
  ) : (
    <Link to="/conversations/$conversationId" params={{ conversationId }} className="row conversation-row">
      <span className="clip">{words}</span>
      <span className="clip muted small">{cwd ? folderName(cwd) : ""}</span>
      <span className="clip muted small">{owner.kind === "other" ? `open in ${owner.program}` : source}</span>
      <span className="muted small row-time">
        <Moment at={updatedAt} />
      </span>
    </Link>
  );
}

/** One that was put away: it can be brought back. */
function Archived({ conversationId, words }: { conversationId: string; words: string }) {
  const queries = useQueryClient();
  const bringBack = () =>
    call("POST /conversations/{conversationId}/unarchive", { path: { conversationId } }).then(() =>
      queries.invalidateQueries({ queryKey: ["conversations"] }),
    );
  return (
    <div className="row archived-row">
      <span className="clip">{words}</span>
      <Actions actions={[{ label: "Bring back", run: bringBack }]} />
    </div>
  );
}
