import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";

import { call } from "../../api/client";
import { laneSessionsQuery, lanesQuery, webhooksQuery } from "../../api/queries";
import { EmptyState } from "../../components/EmptyState";
import { LoadError } from "../../components/LoadError";
import { Page } from "../../components/Page";
import { useCurl } from "../../components/useCurl";
import { Details } from "./Details";
import { topology } from "./graph";

const Graph = lazy(() => import("../../components/Graph"));

/** How often to poll. Processes and threads of other programs start and end without events. */
const pollMs = 5000;
/** Threads that changed within this time are shown. */
const windowSec = 3600;

/** Renders how threads, lanes, sessions, processes and webhooks are connected. */
export function TopologyPage() {
  const curl = useCurl();
  const [selected, setSelected] = useState<string>();
  const threads = useQuery({
    queryKey: ["threads", "active"],
    queryFn: ({ signal }) => call("GET /codex/active", { query: { windowSec }, signal }),
    refetchInterval: pollMs,
  });
  const running = useQuery({
    queryKey: ["running"],
    queryFn: ({ signal }) => call("GET /codex/running", { signal }),
    refetchInterval: pollMs,
  });
  const lanes = useQuery(lanesQuery);
  const sessions = useQuery(laneSessionsQuery);
  const webhooks = useQuery(webhooksQuery);
  const graph = useMemo(
    () =>
      topology({
        threads: threads.data?.threads ?? [],
        processes: running.data?.processes ?? [],
        lanes: lanes.data?.lanes ?? [],
        sessions: sessions.data?.sessions ?? [],
        webhooks: webhooks.data?.webhooks ?? [],
      }),
    [threads.data, running.data, lanes.data, sessions.data, webhooks.data],
  );
  const isLoaded = [threads, running, lanes, sessions, webhooks].every(({ isPending }) => !isPending);
  const item = graph.items.find(({ id }) => id === selected);
  return (
    <Page title="Topology" fills>
      <LoadError of={[threads, running, lanes]} />
      <p className="small muted">
        Threads of the last hour, lanes, lane sessions, Codex processes, and webhooks. Select a node for
        details.
        {graph.hiddenCount > 0 && ` ${graph.hiddenCount} more nodes are not shown.`}
      </p>
      {isLoaded && graph.items.length === 0 ? (
        <EmptyState
          title="Nothing to show yet"
          line={curl("/conversations", { message: "Explain this repository" })}
        >
          Threads and processes appear here when Codex runs.
        </EmptyState>
      ) : (
        <div className="graph">
          <Suspense>
            {isLoaded && (
              <Graph label="Topology" nodes={graph.items} edges={graph.edges} select={setSelected} />
            )}
          </Suspense>
        </div>
      )}
      {item && <Details item={item} close={() => setSelected(undefined)} />}
    </Page>
  );
}
