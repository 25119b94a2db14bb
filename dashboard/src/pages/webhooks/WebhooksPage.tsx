import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { webhooksQuery } from "../../api/queries";
import type { Webhook } from "../../api/schemas";
import { EmptyState } from "../../components/EmptyState";
import { List } from "../../components/List";
import { Moment } from "../../components/Moment";
import { Page } from "../../components/Page";
import { Status } from "../../components/Status";
import { useCurl } from "../../components/useCurl";
import { WebhookForm } from "./WebhookForm";
import { webhookStatus } from "./webhookStatus";

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
      {creating && <WebhookForm done={() => setCreating(false)} />}
      <List
        label="Webhooks"
        layout="inline"
        query={webhooks}
        items={webhooks.data?.webhooks ?? []}
        keyOf={(webhook) => webhook.id}
        row={(webhook) => <Row webhook={webhook} />}
        empty={
          !creating && (
            <EmptyState
              title="No webhooks yet"
              line={curl("/webhooks", {
                url: "https://example.com/hook",
                events: ["job.*", "lane.completed"],
              })}
            >
              A webhook sends events to a URL of yours. Each event is delivered at least once, even across
              restarts.
            </EmptyState>
          )
        }
      />
    </Page>
  );
}

function Row({ webhook }: { webhook: Webhook }) {
  return (
    <Link to="/webhooks/$webhookId" params={{ webhookId: webhook.id }} className="row webhook-row">
      <Status {...webhookStatus(webhook)} />
      <span className="clip mono">{webhook.url}</span>
      <span className="clip muted small">{webhook.events.join(", ")}</span>
      <span className="muted small row-time">
        <Moment at={webhook.lastDeliveryAt} />
      </span>
    </Link>
  );
}
