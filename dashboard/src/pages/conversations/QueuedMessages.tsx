// Messages waiting for their turn: in the bridge's queue, or in the process that has the conversation open.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { call } from "../../api/client";
import type { Job } from "../../api/schemas";
import { Actions } from "../../components/Action";
import { ErrorNote } from "../../components/ErrorNote";
import { firstLine } from "../../components/format";
import { LoadError } from "../../components/LoadError";
import { useForm } from "../../components/useForm";

export function QueuedMessages({ conversationId }: { conversationId: string }) {
  const queue = useQuery({
    queryKey: ["jobs", "queue", conversationId],
    queryFn: ({ signal }) =>
      call("GET /conversations/{conversationId}/queue", { path: { conversationId }, signal }),
  });
  const { jobs = [], handedOver = [] } = queue.data ?? {};
  return (
    <>
      <LoadError of={[queue]} />
      <Queue title="Queued messages" jobs={jobs} conversationId={conversationId} />
      <Queue
        title="Handed over to the conversation’s owner"
        jobs={handedOver}
        conversationId={conversationId}
      />
    </>
  );
}

function Queue({ title, jobs, conversationId }: { title: string; jobs: Job[]; conversationId: string }) {
  return jobs.length === 0 ? null : (
    <section className="queue" aria-label={title}>
      <h2 className="small muted">{title}</h2>
      <ol>
        {jobs.map((job) => (
          <li key={job.jobId}>
            <QueuedMessage job={job} conversationId={conversationId} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function QueuedMessage({ job, conversationId }: { job: Job; conversationId: string }) {
  const queries = useQueryClient();
  const [editing, setEditing] = useState(false);
  const path = { conversationId, jobId: job.jobId };
  if (editing) {
    return <EditForm job={job} conversationId={conversationId} done={() => setEditing(false)} />;
  }
  return (
    <div className="queued-message">
      <span className="clip" title={job.message}>
        {firstLine(job.message) || <span className="muted">(empty message)</span>}
      </span>
      <Actions
        actions={[
          { label: "Edit", run: async () => setEditing(true) },
          {
            label: "Remove",
            className: "danger",
            confirm: {
              action: "Remove message",
              consequence: "The message will not be sent. Its job is cancelled.",
            },
            run: () =>
              call("DELETE /conversations/{conversationId}/queue/{jobId}", { path }).then(() =>
                queries.invalidateQueries({ queryKey: ["jobs"] }),
              ),
          },
        ]}
      />
    </div>
  );
}

function EditForm({ job, conversationId, done }: { job: Job; conversationId: string; done: () => void }) {
  const queries = useQueryClient();
  const form = useForm({ message: job.message }, async (body) => {
    await call("PATCH /conversations/{conversationId}/queue/{jobId}", {
      path: { conversationId, jobId: job.jobId },
      body,
    });
    await queries.invalidateQueries({ queryKey: ["jobs"] });
    done();
  });
  return (
    <form className="stack" onSubmit={form.submit}>
      <textarea aria-label="Queued message" rows={3} {...form.field("message")} />
      <ErrorNote error={form.error} />
      <div className="actions">
        <button type="submit" className="button primary" disabled={form.isPending}>
          Save
        </button>
        <button type="button" className="button" onClick={done}>
          Cancel
        </button>
      </div>
    </form>
  );
}
