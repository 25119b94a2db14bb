import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { call } from "../../api/client";
import { AnsiText } from "../../components/AnsiText";
import { LoadError } from "../../components/LoadError";
import { ScrollRegion } from "../../components/Scrollable";

const pollMs = 2000;
const levels = ["error", "warn", "info", "debug", "trace"];

/** Renders the last lines of the bridge's log, newest first. */
export function LogTail() {
  const [level, setLevel] = useState("info");
  const log = useQuery({
    queryKey: ["log"],
    queryFn: ({ signal }) => call("GET /system/log", { query: { limit: 300 }, signal }),
    refetchInterval: pollMs,
  });
  const shown = (log.data?.lines ?? []).filter((line) => levels.indexOf(line.level) <= levels.indexOf(level));
  return (
    <section className="section" aria-labelledby="log">
      <div className="section-head">
        <h2 id="log">Log</h2>
        <select
          aria-label="Level"
          className="select-small"
          value={level}
          onChange={(event) => setLevel(event.target.value)}
        >
          {levels.map((level) => (
            <option key={level}>{level}</option>
          ))}
        </select>
      </div>
      <LoadError of={[log]} />
      <ScrollRegion className="terminal log" label="Log lines">
        {shown.length === 0 && <p className="muted">No log lines at this level.</p>}
        {shown.toReversed().map((line) => (
          <div key={line.number} className="log-line">
            <time dateTime={line.at} className="muted">
              {new Date(line.at).toLocaleTimeString()}
            </time>
            <span className={`level-${line.level}`}>{line.level}</span>
            <span className="wrap-anywhere">
              <AnsiText text={line.message} />
            </span>
          </div>
        ))}
      </ScrollRegion>
    </section>
  );
}
