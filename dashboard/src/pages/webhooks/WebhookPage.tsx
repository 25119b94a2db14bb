import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";

import { call, type Reply } from "../../api/client";
import type { DeliveryStatus } from "../../api/schemas";
import { Actions } from "../../components/Action";
import { EmptyState } from "../../components/EmptyState";
import { ErrorNote } from "../../components/ErrorNote";
import { Facts } from "../../components/Facts";
import { duration } from "../../components/format";
import { LoadError } from "../../components/LoadError";
import { Moment } from "../../components/Moment";
import { Page } from "../../components/Page";
import { Status } from "../../components/Status";
import { useCurl } from "../../components/useCurl";
import { WebhookForm } from "./WebhookForm";
import { webhookStatus } from "./webhookStatus";

type Delivery = Reply<"GET /webhooks/{webhookId}/deliveries">["deliveries"][number];

/**
 * How often to poll pending deliveries. Attempts record no events, because webhooks would then trigger
 * themselves.
 */
const pollMs = 2000;

export function WebhookPage() {
  const curl = useCurl();
  const { webhookId } = useParams({ from: "/inside/webhooks/$webhookId" });
  const path = { webhookId };
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [editing, setEditing] = useState(false);
  const [status, setStatus] = useState<DeliveryStatus>();
  const webhook = useQuery({
    queryKey: ["webhooks", webhookId],
    queryFn: async ({ signal }) => (await call("GET /webhooks/{webhookId}", { path, signal })).webhook,
    refetchInterval: 5 * pollMs,
  });
  const deliveries = useInfiniteQuery({
    queryKey: ["deliveries", webhookId, status],
    queryFn: ({ pageParam, signal }) =>
      call("GET /webhooks/{webhookId}/deliveries", {
        path,
        query: { limit: 50, ...(status && { status }), ...(pageParam && { before: pageParam }) },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: (page) => (page.more ? page.deliveries.at(-1)?.deliveryId : undefined),
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.deliveries.some((delivery) => delivery.status === "pending"))
        ? pollMs
        : false,
  });
  const refresh = () =>
    queries.invalidateQueries({
      predicate: ({ queryKey }) => ["webhooks", "deliveries"].includes(String(queryKey[0])),
    });
  if (webhook.data === undefined) {
    return (
      <Page above={<Link to="/webhooks">Webhooks</Link>} title="Webhook">
        <LoadError of={[webhook]} />
      </Page>
    );
  }
  const { data } = webhook;
  const isOn = data.enabled && data.pausedAt == null;
  const shown = deliveries.data?.pages.flatMap((page) => page.deliveries) ?? [];
  return (
    <Page
      above={<Link to="/webhooks">Webhooks</Link>}
      title={<span className="mono wrap-anywhere">{data.url}</span>}
      actions={
        <Actions
          actions={[
            {
              label: "Send test event",
              run: () => call("POST /webhooks/{webhookId}/test", { path }).then(refresh),
            },
            { label: "Edit", run: async () => setEditing(!editing) },
            {
              label: isOn ? "Turn off" : data.pausedAt != null ? "Resume" : "Turn on",
              run: () =>
                call("PATCH /webhooks/{webhookId}", { path, body: { enabled: !isOn } }).then(refresh),
            },
            {
              label: "Delete",
              className: "danger",
              confirm: {
                action: "Delete webhook",
                consequence: "Its pending deliveries are deleted too.",
              },
              run: () =>
                call("DELETE /webhooks/{webhookId}", { path }).then(async () => {
                  await navigate({ to: "/webhooks" });
                  await refresh();
                }),
            },
          ]}
        />
      }
    >
      {editing && <WebhookForm webhook={data} done={() => setEditing(false)} />}
      <div className="card">
        <Facts
          facts={[
            { name: "Status", value: <Status {...webhookStatus(data)} /> },
            { name: "Events", value: data.events.join(", "), mono: true },
            {
              name: "Scope",
              value:
                [...data.scope.laneIds, ...data.scope.threadIds, ...data.scope.sessionIds].join(", ") ||
                "everything",
            },
            { name: "Signed", value: data.hasSecret ? "yes" : "no" },
            { name: "Last delivery", value: <Moment at={data.lastDeliveryAt} /> },
          ]}
        />
      </div>
      {data.lastError && <ErrorNote error={new Error(data.lastError)} />}
      <section className="section" aria-labelledby="deliveries">
        <div className="section-head">
          <h2 id="deliveries">Deliveries</h2>
          <select
            aria-label="Status"
            className="select-small"
            value={status ?? ""}
            onChange={(event) => setStatus((event.target.value || undefined) as DeliveryStatus | undefined)}
          >
            <option value="">All statuses</option>
            <option>pending</option>
            <option>delivered</option>
            <option>failed</option>
          </select>
        </div>
        <LoadError of={[deliveries]} />
        {deliveries.isSuccess && shown.length === 0 && (
          <EmptyState
            title={status === undefined ? "No deliveries yet" : "No matching deliveries"}
            line={curl(`/webhooks/${webhookId}/test`, {})}
          >
            Send a test event to check whether the URL responds.
          </EmptyState>
        )}
        {shown.map((delivery) => (
          <DeliveryView
            key={delivery.deliveryId}
            delivery={delivery}
            webhookId={webhookId}
            refresh={refresh}
          />
        ))}
        {deliveries.hasNextPage && (
          <button type="button" className="button" onClick={() => void deliveries.fetchNextPage()}>
            Show older deliveries
          </button>
        )}
      </section>
    </Page>
  );
}

function DeliveryView({
  delivery,
  webhookId,
  refresh,
}: {
  delivery: Delivery;
  webhookId: string;
  refresh: () => Promise<unknown>;
}) {
  const { deliveryId } = delivery;
  const attempts = delivery.attempts ?? [];
  return (
    <details className="item">
      <summary>
        <Status status={delivery.status} />
        <span className="mono clip">{delivery.eventType}</span>
        <span className="item-end small muted">
          {attempts.length === 1 ? "1 attempt" : `${attempts.length} attempts`} ·{" "}
          <Moment at={delivery.createdAt} />
        </span>
      </summary>
      <ol className="attempts">
        {attempts.map((attempt) => (
          <li key={attempt.at}>
            <Moment at={attempt.at} /> · {attempt.status ?? "no response"} · {duration(attempt.durationMs)}
            {attempt.error && <span className="wrap-anywhere"> · {attempt.error}</span>}
          </li>
        ))}
      </ol>
      <Actions
        actions={[
          {
            label: "Redeliver",
            run: () =>
              call("POST /webhooks/{webhookId}/deliveries/{deliveryId}/redeliver", {
                path: { webhookId, deliveryId },
              }).then(refresh),
          },
        ]}
      />
    </details>
  );
}
