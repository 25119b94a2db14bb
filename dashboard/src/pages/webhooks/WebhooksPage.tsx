import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { webhooksQuery } from "../../api/queries";
import type { Webhook } from "../../api/schemas";
import { EmptyState } from "../../components/EmptyState";
import { LoadError } from "../../components/LoadError";
import { Moment } from "../../components/Moment";
import { Page } from "../../components/Page";
import { Status } from "../../components/Status";
import { useCurl } from "../../components/useCurl";
import { WebhookForm } from "./WebhookForm";

export function webhookStatus(webhook: Webhook): { status: string; words: string } {
  if (!webhook.enabled) {
    return { status: "disabled", words: webhook.pausedReason === "gone" ? "gone (410)" : "off" };
  }
  if (webhook.pausedAt) {
    return { status: "paused", words: "paused" };
  }
  return webhook.lastError
    ? { status: "warning", words: "last attempt failed" }
    : { status: "good", words: "on" };
}

export function WebhooksPage() {
  const curl = useCurl();
  const webhooks = useQuery(webhooksQuery);
  const [creating, setCreating] = useState(false);
  return (
    <Page
      title="Webhooks"
      actions={
        <div className="actions">
          <button
            type="button"
            className="button primary"
            aria-expanded={creating}
            onClick={() => setCreating(!creating)}
          >
            New webhook
          </button>
        </div>
      }
    >
      <LoadError of={[webhooks]} />
      {creating && <WebhookForm done={() => setCreating(false)} />}
      {webhooks.data?.webhooks.length === 0 && !creating ? (
        <EmptyState
          title="No webhook yet"
          line={curl("/webhooks", { url: "https://example.com/hook", events: ["job.*", "lane.completed"] })}
        >
          A webhook sends what happens to an address of yours, at least once, also over restarts.
        </EmptyState>
      ) : (
        <ul className="rows">
          {webhooks.data?.webhooks.map((webhook) => (
            <li key={webhook.id}>
              <Link to="/webhooks/$webhookId" params={{ webhookId: webhook.id }} className="row webhook-row">
                <Status {...webhookStatus(webhook)} />
                <span className="clip mono">{webhook.url}</span>
                <span className="clip muted small">{webhook.events.join(", ")}</span>
                <span className="muted small row-time">
                  <Moment at={webhook.lastDeliveryAt} />
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}
