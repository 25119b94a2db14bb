import { useEffect, useState } from "react";

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** All moments on the page go on together. */
let now = Date.now();
const tellers = new Set<(now: number) => void>();
setInterval(() => {
  now = Date.now();
  tellers.forEach((tell) => tell(now));
}, 10_000);

/** How long ago, with the exact time for whoever points at it. */
export function Moment({ at }: { at: string | null | undefined }) {
  const [, tick] = useState(now);
  useEffect(() => {
    tellers.add(tick);
    return () => void tellers.delete(tick);
  }, []);
  if (!at) {
    return <span className="muted">–</span>;
  }
  return (
    <time dateTime={at} title={absolute.format(new Date(at))}>
      {ago(Date.parse(at) - Date.now())}
    </time>
  );
}

function ago(ms: number): string {
  const [unit, length] = units.find(([, length]) => Math.abs(ms) >= length) ?? ["second", 1000];
  return relative.format(Math.round(ms / length), unit);
}
