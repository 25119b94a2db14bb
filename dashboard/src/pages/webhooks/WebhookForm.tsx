// Creates or edits a webhook. A preview shows which recent events match.

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

const idsIn = (text: string) => text.split(/[\s,]+/).filter(Boolean);

export function WebhookForm({ webhook, done }: { webhook?: Webhook; done: () => void }) {
  const queries = useQueryClient();
  const initial = {
    url: webhook?.url ?? "",
    events: webhook?.events.join(", ") ?? "job.*, lane.*",
    lanes: webhook?.scope.laneIds.join(", ") ?? "",
    threads: webhook?.scope.threadIds.join(", ") ?? "",
    sessions: webhook?.scope.sessionIds.join(", ") ?? "",
    secret: "",
  };
  const form = useForm(initial, async ({ url, secret }) => {
    const body = { url, ...selection, ...(secret !== "" && { secret }) };
    await (webhook === undefined
      ? call("POST /webhooks", { body })
      : call("PATCH /webhooks/{webhookId}", { path: { webhookId: webhook.id }, body }));
    await queries.invalidateQueries({ queryKey: ["webhooks"] });
    done();
  });
  const { events, lanes, threads, sessions } = form.values;
  const selection = {
    events: idsIn(events),
    scope: { laneIds: idsIn(lanes), threadIds: idsIn(threads), sessionIds: idsIn(sessions) },
  };
  return (
    <form className="card webhook-form" onSubmit={form.submit}>
      <div className="stack">
        <Field label="URL" hint="An https:// or http:// URL.">
          <input
            className="input mono"
            inputMode="url"
            placeholder="https://example.com/hook"
            {...form.field("url")}
          />
        </Field>
        <Field label="Events" hint="Event types, separated by commas. * matches anything.">
          <input className="input mono" {...form.field("events")} />
        </Field>
        <Field label="Only these lanes" hint="Lane IDs, separated by commas. Default: all lanes.">
          <input className="input mono" {...form.field("lanes")} />
        </Field>
        <Field label="Only these threads" hint="Conversation IDs, separated by commas. Default: all threads.">
          <input className="input mono" {...form.field("threads")} />
        </Field>
        <Field
          label="Only these sessions"
          hint="Lane session IDs, separated by commas. Default: all sessions."
        >
          <input className="input mono" {...form.field("sessions")} />
        </Field>
        <Field
          label="Secret"
          hint={
            webhook?.hasSecret
              ? "Leave empty to keep the current secret."
              : "The key that signs deliveries. It is never shown again."
          }
        >
          <input className="input mono" type="password" autoComplete="off" {...form.field("secret")} />
        </Field>
        <ErrorNote error={form.error} />
        <div className="actions">
          <button type="submit" className="button primary" disabled={form.isPending}>
            {webhook === undefined ? "Create webhook" : "Save"}
          </button>
          <button type="button" className="button" onClick={done}>
            Cancel
          </button>
        </div>
      </div>
      <Preview {...selection} />
    </form>
  );
}

interface Selection {
  events: string[];
  scope: { laneIds: string[]; threadIds: string[]; sessionIds: string[] };
}

function Preview(selection: Selection) {
  // A string, so that an equal selection is requested only once.
  const selectionJson = useDeferredValue(JSON.stringify(selection));
  const preview = useQuery({
    queryKey: ["webhook-preview", selectionJson],
    queryFn: ({ signal }) =>
      call("POST /webhooks/preview", { body: JSON.parse(selectionJson) as Selection, signal }),
    placeholderData: (previous) => previous,
    staleTime: 5_000,
  });
  return (
    <section className="preview" aria-labelledby="preview-title" aria-live="polite">
      <h3 id="preview-title">Matching events</h3>
      {preview.isError ? (
        <LoadError of={[preview]} />
      ) : (
        preview.data && (
          <>
            <p className="small muted">
              {count(preview.data.matched)} of the latest {count(preview.data.lookedAt)} events match.
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
