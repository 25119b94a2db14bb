import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { call } from "../../api/client";
import { Bars } from "../../components/Bars";
import { count } from "../../components/format";
import { LoadError } from "../../components/LoadError";
import { tokenUsageText } from "../../components/tokenUsage";

const timeRanges = [
  { hours: 1, label: "1 hour" },
  { hours: 24, label: "24 hours" },
  { hours: 168, label: "7 days" },
  { hours: 720, label: "30 days" },
];

/** Renders jobs and tokens over time. */
export function Activity() {
  const [hours, setHours] = useState(24);
  const statistics = useQuery({
    queryKey: ["statistics", hours],
    queryFn: ({ signal }) => call("GET /jobs/statistics", { query: { hours }, signal }),
    // The time range moves even without events.
    refetchInterval: 60_000,
    placeholderData: (previous) => previous,
  });
  const periods = statistics.data?.periods ?? [];
  const sum = (value: (period: (typeof periods)[number]) => number) =>
    periods.reduce((total, period) => total + value(period), 0);
  const timeOf = (at: string) =>
    new Date(at).toLocaleString(undefined, {
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
          aria-label="Time range"
          className="select-small"
          value={hours}
          onChange={(event) => setHours(Number(event.target.value))}
        >
          {timeRanges.map(({ hours, label }) => (
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
            summary={jobCounts({
              completed: sum((period) => period.completed),
              failed: sum((period) => period.failed),
              unfinished: sum((period) => period.unfinished),
            })}
            bars={periods.map((period) => ({
              key: period.at,
              label: `${timeOf(period.at)}: ${jobCounts(period)}`,
              parts: [
                { className: "fill-good", value: period.completed },
                { className: "fill-bad", value: period.failed },
                { className: "fill-active", value: period.unfinished },
              ],
            }))}
          />
        </div>
        <div className="card">
          <h3>Tokens</h3>
          <Bars
            summary={tokenUsageText({
              inputTokens: sum((period) => period.inputTokens),
              cachedInputTokens: sum((period) => period.cachedInputTokens),
              outputTokens: sum((period) => period.outputTokens),
            })}
            bars={periods.map((period) => ({
              key: period.at,
              label: `${timeOf(period.at)}: ${tokenUsageText(period)}`,
              parts: [
                { className: "fill-muted", value: period.cachedInputTokens },
                { className: "fill-accent", value: period.inputTokens - period.cachedInputTokens },
                { className: "fill-active", value: period.outputTokens },
              ],
            }))}
          />
        </div>
      </div>
    </section>
  );
}

function jobCounts(jobs: { completed: number; failed: number; unfinished: number }): string {
  return `${count(jobs.completed)} completed, ${count(jobs.failed)} failed, ${count(jobs.unfinished)} unfinished`;
}
