// The form for the next message. While a turn runs, the message can steer that turn or be queued after it.

import { useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, useState } from "react";

import { call } from "../../api/client";
import type { DeliveryMode, Job } from "../../api/schemas";
import { Actions } from "../../components/Action";
import { ErrorNote } from "../../components/ErrorNote";
import { useForm } from "../../components/useForm";

const deliveryModes: { value: DeliveryMode; label: string }[] = [
  { value: "auto", label: "Automatic" },
  { value: "steer", label: "Steer the current turn" },
  { value: "queue", label: "Add to the queue" },
  { value: "handover", label: "Hand over to the owner" },
  { value: "fork", label: "Send to a fork" },
  { value: "panel", label: "Run in the VS Code panel" },
  { value: "reject", label: "Send only if idle" },
];

export function Composer({ conversationId, running }: { conversationId: string; running: Job | undefined }) {
  const queries = useQueryClient();
  const [delivery, setDelivery] = useState<DeliveryMode>("auto");
  const form = useForm({ message: "" }, async ({ message }, clear) => {
    await call("POST /conversations/{conversationId}/messages", {
      path: { conversationId },
      body: { message, delivery },
    });
    clear();
    await queries.invalidateQueries({ queryKey: ["jobs"] });
  });
  const isEmpty = form.values.message.trim() === "";
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!isEmpty) {
        form.submit();
      }
    }
  };
  return (
    <form className="composer" onSubmit={form.submit}>
      <textarea
        aria-label="Message"
        placeholder="Send a message… (Ctrl+Enter)"
        rows={2}
        {...form.field("message")}
        onKeyDown={onKey}
      />
      <div className="toolbar">
        <button type="submit" className="button primary" disabled={form.isPending || isEmpty}>
          Send
        </button>
        <select
          aria-label="Delivery"
          value={delivery}
          onChange={(event) => setDelivery(event.target.value as DeliveryMode)}
        >
          {deliveryModes.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
        {running !== undefined && (
          <Actions
            actions={[
              {
                label: "Cancel turn",
                className: "danger",
                run: () => call("POST /jobs/{jobId}/cancel", { path: { jobId: running.jobId } }),
              },
            ]}
          />
        )}
      </div>
      <ErrorNote error={form.error} />
    </form>
  );
}
