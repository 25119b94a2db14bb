import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { call } from "../../api/client";
import { Bars } from "../../components/Bars";
import { count } from "../../components/format";
import { LoadError } from "../../components/LoadError";

const spans = [
  { hours: 1, label: "1 hour" },
  { hours: 24, label: "24 hours" },
  { hours: 168, label: "7 days" },
  { hours: 720, label: "30 days" },
];

/** Jobs and tokens over time. */
export function Activity() {
  const [hours, setHours] = useState(24);
  const statistics = useQuery({
    queryKey: ["statistics", hours],
    queryFn: ({ signal }) => call("GET /jobs/statistics", { query: { hours }, signal }),
    // Time goes on without events.
    refetchInterval: 60_000,
    placeholderData: (previous) => previous,
  });
  const periods = statistics.data?.periods ?? [];
  const sum = (value: (period: (typeof periods)[number]) => number) =>
    periods.reduce((total, period) => total + value(period), 0);
  const at = (moment: string) =>
    new Date(moment).toLocaleString(undefined, {
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      day: "numeric",
    });
  return (
    <section className="section" aria-labelledby="activity-title">
      <div className="section-head">
        <h2 id="activity-title">Activity</h2>
        <select
          aria-label="Time"
          className="select-small"
          value={hours}
          onChange={(event) => setHours(Number(event.target.value))}
        >
          {spans.map(({ hours, label }) => (
            <option key={hours} value={hours}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <LoadError of={[statistics]} />
      <div className="charts">
        <div className="card">
          <h3>Jobs</h3>
          <Bars
            summary={`${count(sum((period) => period.completed))} done, ${count(sum((period) => period.failed))} failed, ${count(sum((period) => period.unfinished))} not ended`}
            bars={periods.map(({ at: moment, completed, failed, unfinished }) => ({
              label: `${at(moment)}: ${completed} done, ${failed} failed, ${unfinished} not ended`,
              parts: [
                { className: "fill-good", value: completed },
                { className: "fill-bad", value: failed },
                { className: "fill-active", value: unfinished },
              ],
            }))}
          />
        </div>
        <div className="card">
          <h3>Tokens</h3>
          <Bars
            summary={`${count(sum((period) => period.inputTokens))} in, of these ${count(sum((period) => period.cachedInputTokens))} cached; ${count(sum((period) => period.outputTokens))} out`}
            bars={periods.map(({ at: moment, inputTokens, cachedInputTokens, outputTokens }) => ({
              label: `${at(moment)}: ${count(inputTokens)} in, of these ${count(cachedInputTokens)} cached; ${count(outputTokens)} out`,
              parts: [
                { className: "fill-muted", value: cachedInputTokens },
                { className: "fill-accent", value: inputTokens - cachedInputTokens },
                { className: "fill-active", value: outputTokens },
              ],
            }))}
          />
        </div>
      </div>
    </section>
  );
}
