import { useEffect, useState } from "react";

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** One timer updates all relative times on the page together. */
let now = Date.now();
const listeners = new Set<(now: number) => void>();
setInterval(() => {
  now = Date.now();
  for (const listener of listeners) {
    listener(now);
  }
}, 10_000);

/** Renders a relative time. Its tooltip has the exact time. */
export function Moment({ at }: { at: string | null | undefined }) {
  const [, update] = useState(now);
  useEffect(() => {
    listeners.add(update);
    return () => void listeners.delete(update);
  }, []);
  if (!at) {
    return <span className="muted">–</span>;
  }
  return (
    <time dateTime={at} title={absolute.format(new Date(at))}>
      {relativeTime(Date.parse(at) - Date.now())}
    </time>
  );
}

function relativeTime(ms: number): string {
  const [unit, length] = units.find(([, length]) => Math.abs(ms) >= length) ?? ["second", 1000];
  return relative.format(Math.round(ms / length), unit);
}
