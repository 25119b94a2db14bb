import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useDeferredValue, useState } from "react";

import { call } from "../../api/client";
import type { ConversationView } from "../../api/schemas";
import { Actions } from "../../components/Action";
import { EmptyState } from "../../components/EmptyState";
import { directoryName, firstLine } from "../../components/format";
import { List } from "../../components/List";
import { Moment } from "../../components/Moment";
import { Page } from "../../components/Page";
import { SearchField } from "../../components/SearchField";
import { useCurl } from "../../components/useCurl";

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
      <List
        label="Conversations"
        layout="fill"
        query={list}
        items={conversations}
        keyOf={(conversation) => conversation.conversationId}
        row={(conversation) => <Row conversation={conversation} archived={archived} />}
        empty={
          <EmptyState
            title={search !== "" || archived ? "No matching conversations" : "No conversations yet"}
            line={curl("/conversations", { message: "Explain this repository" })}
          >
            Conversations from VS Code and from the terminal appear here too.{" "}
            <Link to="/conversations/new">Start one here</Link>, or from a terminal:
          </EmptyState>
        }
      />
    </Page>
  );
}

function Row({ conversation, archived }: { conversation: ConversationView; archived: boolean }) {
  const { conversationId, title, preview, cwd, source, owner, updatedAt } = conversation;
  const displayTitle = title ?? (firstLine(preview ?? "") || conversationId);
  return archived ? (
    <Archived conversationId={conversationId} title={displayTitle} />
  ) : (
    <Link to="/conversations/$conversationId" params={{ conversationId }} className="row conversation-row">
      <span className="clip">{displayTitle}</span>
      <span className="clip muted small">{cwd ? directoryName(cwd) : ""}</span>
      <span className="clip muted small">
        {owner.kind === "other" ? `open in ${owner.program ?? "another program"}` : source}
      </span>
      <span className="muted small row-time">
        <Moment at={updatedAt} />
      </span>
    </Link>
  );
}

/** Renders an archived conversation, with an action to unarchive it. */
function Archived({ conversationId, title }: { conversationId: string; title: string }) {
  const queries = useQueryClient();
  const unarchive = () =>
    call("POST /conversations/{conversationId}/unarchive", { path: { conversationId } }).then(() =>
      queries.invalidateQueries({ queryKey: ["conversations"] }),
    );
  return (
    <div className="row archived-row">
      <span className="clip">{title}</span>
      <Actions actions={[{ label: "Unarchive", run: unarchive }]} />
    </div>
  );
}
