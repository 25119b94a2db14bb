// Where the next message is written. While a turn runs, words can join it, or wait behind it.

import { useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, useState } from "react";

import { call } from "../../api/client";
import type { DeliveryMode, Job } from "../../api/schemas";
import { Actions } from "../../components/Action";
import { ErrorNote } from "../../components/ErrorNote";
import { useForm } from "../../components/useForm";

const deliveries: { value: DeliveryMode; words: string }[] = [
  { value: "auto", words: "as it fits" },
  { value: "steer", words: "into the running turn" },
  { value: "queue", words: "behind what waits" },
  { value: "handover", words: "to whoever has it open" },
  { value: "fork", words: "in a copy" },
  { value: "panel", words: "in VS Code’s panel" },
  { value: "reject", words: "only if it is free" },
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
        placeholder="Go on… (Ctrl+Enter sends)"
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
          {deliveries.map(({ value, words }) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
        {running !== undefined && (
          <Actions
            actions={[
              {
                label: "Cancel the turn",
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
