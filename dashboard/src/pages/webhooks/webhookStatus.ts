import type { Webhook } from "../../api/schemas";

/** Returns the status of a webhook, and the label to show for it. */
export function webhookStatus(webhook: Webhook): { status: string; label: string } {
  if (!webhook.enabled) {
    return { status: "disabled", label: webhook.pausedReason === "gone" ? "gone (410)" : "off" };
  }
  if (webhook.pausedAt) {
    return { status: "paused", label: "paused" };
  }
  return webhook.lastError
    ? { status: "warning", label: "last attempt failed" }
    : { status: "good", label: "on" };
}
