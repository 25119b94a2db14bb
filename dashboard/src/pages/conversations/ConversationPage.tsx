import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";

import { call } from "../../api/client";
import { conversationQuery, pendingApprovalsQuery } from "../../api/queries";
import type { Job } from "../../api/schemas";
import { Actions } from "../../components/Action";
import { EmptyState } from "../../components/EmptyState";
import { count, directoryName, firstLine, shortId } from "../../components/format";
import { LoadError } from "../../components/LoadError";
import { Moment } from "../../components/Moment";
import { ownerText } from "../../components/owner";
import { Page } from "../../components/Page";
import { useCurl } from "../../components/useCurl";
import { ApprovalCard } from "../approvals/ApprovalCard";
import { JobRows } from "../jobs/JobRows";
import { isActive, jobStatus } from "../jobs/jobStatus";
import { Composer } from "./Composer";
import { QueuedMessages } from "./QueuedMessages";
import { RenameDialog } from "./RenameDialog";
import { TranscriptView } from "./TranscriptView";
import { useTranscript } from "./useTranscript";

/** More than the turns shown at first, because the plans and diffs of turns come from their jobs. */
const jobsShown = 50;

export function ConversationPage() {
  const { conversationId } = useParams({ from: "/inside/conversations/$conversationId" });
  // A new key resets the state, such as a message being typed, when another conversation is opened.
  return <Conversation key={conversationId} conversationId={conversationId} />;
}

function Conversation({ conversationId }: { conversationId: string }) {
  const curl = useCurl();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [renaming, setRenaming] = useState(false);
  const conversation = useQuery(conversationQuery(conversationId));
  const jobs = useQuery({
    queryKey: ["jobs", "conversation", conversationId],
    queryFn: ({ signal }) => call("GET /jobs", { query: { conversationId, limit: jobsShown }, signal }),
  });
  const transcript = useTranscript(conversationId, conversation.data?.turns, jobs.data?.jobs);
  const approvals =
    useQuery(pendingApprovalsQuery).data?.approvals.filter(
      (approval) => approval.conversationId === conversationId,
    ) ?? [];
  const running = jobs.data?.jobs.find((job) => isActive(job) && jobStatus(job) !== "queued");
  const path = { conversationId };
  const refresh = () => queries.invalidateQueries({ queryKey: ["conversation", conversationId] });
  const title =
    conversation.data?.title ??
    firstLine(conversation.data?.preview ?? jobs.data?.jobs.at(-1)?.message ?? "");

  return (
    <Page
      above={<Link to="/conversations">Conversations</Link>}
      title={title || `Conversation ${shortId(conversationId)}`}
      fills
      actions={
        <Actions
          actions={[
            {
              label: "Open in VS Code",
              run: () => call("POST /conversations/{conversationId}/open", { path, body: {} }),
            },
            {
              label: "Fork",
              title: "Continue in a copy of this conversation",
              run: async () => {
                const { conversationId } = await call("POST /conversations/{conversationId}/fork", {
                  path,
                  body: {},
                });
                await navigate({ to: "/conversations/$conversationId", params: { conversationId } });
              },
            },
            { label: "Rename", run: async () => setRenaming(true) },
            {
              label: "Roll back",
              className: "danger",
              confirm: {
                action: "Roll back last turn",
                consequence:
                  "The last turn is removed from the conversation. Files that it changed stay as they are.",
              },
              run: () =>
                call("POST /conversations/{conversationId}/rollback", { path, body: { turns: 1 } }).then(
                  refresh,
                ),
            },
            {
              label: "Compact",
              title: "Replace the history that the model sees with a summary",
              run: () =>
                call("POST /conversations/{conversationId}/compact", { path }).then(
                  () => "Compacted. Codex continues from a summary.",
                ),
            },
            {
              label: "Archive",
              confirm: {
                action: "Archive conversation",
                consequence: "The conversation is hidden from lists. You can unarchive it later.",
              },
              run: () =>
                call("POST /conversations/{conversationId}/archive", { path }).then(() =>
                  navigate({ to: "/conversations" }),
                ),
            },
          ]}
        />
      }
    >
      <p className="small muted facts-line">
        <span className="mono">{conversationId}</span>
        {conversation.data?.cwd && (
          <span title={conversation.data.cwd}>{directoryName(conversation.data.cwd)}</span>
        )}
        {conversation.data?.source && <span>{conversation.data.source}</span>}
        {conversation.data?.model && <span>{conversation.data.model}</span>}
        {conversation.data?.owner && <span>{ownerText(conversation.data.owner)}</span>}
        {conversation.data?.updatedAt && <Moment at={conversation.data.updatedAt} />}
        {tokensOf(transcript.tokens, jobs.data?.jobs)}
        {conversation.data?.hasOlderTurns && <span>Only the newest turns are shown</span>}
      </p>
      <LoadError of={[conversation]} />
      {conversation.isSuccess && transcript.turns.length === 0 ? (
        <EmptyState
          title="No messages yet"
          line={curl(`/conversations/${conversationId}/messages`, { message: "Hello" })}
        />
      ) : (
        <TranscriptView transcript={transcript}>
          {approvals.map((approval) => (
            <ApprovalCard key={approval.approvalId} approval={approval} />
          ))}
        </TranscriptView>
      )}
      <QueuedMessages conversationId={conversationId} />
      <Composer conversationId={conversationId} running={running} />
      {(jobs.data?.jobs.length ?? 0) > 0 && (
        <details className="conversation-jobs">
          <summary>
            Jobs in this conversation (
            {jobs.data?.more ? `${jobsShown} most recent` : count(jobs.data?.jobs.length ?? 0)})
          </summary>
          <JobRows jobs={jobs.data?.jobs ?? []} />
        </details>
      )}
      {renaming && (
        <RenameDialog conversationId={conversationId} title={title} close={() => setRenaming(false)} />
      )}
    </Page>
  );
}

/**
 * Renders the total token usage if Codex has reported it since the page was opened, else that of the latest
 * job.
 */
function tokensOf(usage: Record<string, unknown> | undefined, jobs: Job[] = []) {
  const total = (usage?.["total"] as Record<string, unknown> | undefined)?.["totalTokens"];
  if (typeof total === "number") {
    return <span>{count(total)} tokens</span>;
  }
  const last = jobs.find((job) => job.result?.tokenUsage)?.result?.tokenUsage;
  return last ? <span>{count(last.totalTokens)} tokens in the last turn</span> : null;
}
