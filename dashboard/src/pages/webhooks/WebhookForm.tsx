// Makes a webhook or changes one; shows meanwhile which of the latest events it would have been sent.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useDeferredValue } from "react";

import { call } from "../../api/client";
import type { Webhook } from "../../api/schemas";
import { ErrorNote } from "../../components/ErrorNote";
import { Field } from "../../components/Field";
import { count } from "../../components/format";
import { LoadError } from "../../components/LoadError";
import { Moment } from "../../components/Moment";
import { useForm } from "../../components/useForm";

const words = (text: string) => text.split(/[\s,]+/).filter(Boolean);

export function WebhookForm({ webhook, done }: { webhook?: Webhook; done: () => void }) {
  const queries = useQueryClient();
  const before = {
    url: webhook?.url ?? "",
    events: webhook?.events.join(", ") ?? "job.*, lane.*",
    lanes: webhook?.scope.laneIds.join(", ") ?? "",
    threads: webhook?.scope.threadIds.join(", ") ?? "",
    sessions: webhook?.scope.sessionIds.join(", ") ?? "",
    secret: "",
  };
  const form = useForm(before, async ({ url, secret }) => {
    const body = { url, ...selected, ...(secret !== "" && { secret }) };
    await (webhook === undefined
      ? call("POST /webhooks", { body })
      : call("PATCH /webhooks/{webhookId}", { path: { webhookId: webhook.id }, body }));
    await queries.invalidateQueries({ queryKey: ["webhooks"] });
    done();
  });
  const { events, lanes, threads, sessions } = form.values;
  const selected = {
    events: words(events),
    scope: { laneIds: words(lanes), threadIds: words(threads), sessionIds: words(sessions) },
  };
  return (
    <form className="card webhook-form" onSubmit={form.submit}>
      <div className="stack">
        <Field label="Address" hint="https, or http on this machine.">
          <input
            className="input mono"
            inputMode="url"
            placeholder="https://example.com/hook"
            {...form.field("url")}
          />
        </Field>
        <Field label="Events" hint="Types with commas between; * stands for anything.">
          <input className="input mono" {...form.field("events")} />
        </Field>
        <Field label="Only these lanes" hint="Ids with commas between. Empty: all.">
          <input className="input mono" {...form.field("lanes")} />
        </Field>
        <Field label="Only these threads" hint="Ids of conversations.">
          <input className="input mono" {...form.field("threads")} />
        </Field>
        <Field label="Only these sessions" hint="Ids of the sessions of lanes.">
          <input className="input mono" {...form.field("sessions")} />
        </Field>
        <Field
          label="Secret"
          hint={
            webhook?.hasSecret
              ? "Empty: the secret stays as it is."
              : "Signs what is sent. It is never shown again."
          }
        >
          <input className="input mono" type="password" autoComplete="off" {...form.field("secret")} />
        </Field>
        <ErrorNote error={form.error} />
        <div className="actions">
          <button type="submit" className="button primary" disabled={form.isPending}>
            {webhook === undefined ? "Create" : "Save"}
          </button>
          <button type="button" className="button" onClick={done}>
            Discard
          </button>
        </div>
      </div>
      <Preview {...selected} />
    </form>
  );
}

interface Selected {
  events: string[];
  scope: { laneIds: string[]; threadIds: string[]; sessionIds: string[] };
}

function Preview(selected: Selected) {
  // As text: the same selection, however often it is made, is asked for once.
  const wanted = useDeferredValue(JSON.stringify(selected));
  const preview = useQuery({
    queryKey: ["webhook-preview", wanted],
    queryFn: ({ signal }) => call("POST /webhooks/preview", { body: JSON.parse(wanted) as Selected, signal }),
    placeholderData: (previous) => previous,
    staleTime: 5_000,
  });
  return (
    <section className="preview" aria-labelledby="preview-title" aria-live="polite">
      <h3 id="preview-title">What matches</h3>
      {preview.isError ? (
        <LoadError of={[preview]} />
      ) : (
        preview.data && (
          <>
            <p className="small muted">
              {count(preview.data.matched)} of the latest {count(preview.data.lookedAt)} events would have
              been sent.
            </p>
            <ul className="preview-events">
              {preview.data.events.map((event) => (
                <li key={event.eventId}>
                  <span className="mono clip">{event.type}</span>
                  <span className="small muted clip">
                    {event.laneId ?? event.conversationId?.slice(-8) ?? ""}
                  </span>
                  <span className="small muted">
                    <Moment at={event.at} />
                  </span>
                </li>
              ))}
            </ul>
          </>
        )
      )}
    </section>
  );
}
