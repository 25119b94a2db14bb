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

/** Processes and threads of other programs come and go without events. */
const lookAgainMs = 5000;
/** Threads that changed within so many seconds are of interest. */
const windowSec = 3600;

/** What hangs together: threads, lanes, sessions, processes, webhooks. */
export function TopologyPage() {
  const curl = useCurl();
  const [selected, setSelected] = useState<string>();
  const threads = useQuery({
    queryKey: ["threads", "active"],
    queryFn: ({ signal }) => call("GET /codex/active", { query: { windowSec }, signal }),
    refetchInterval: lookAgainMs,
  });
  const running = useQuery({
    queryKey: ["running"],
    queryFn: ({ signal }) => call("GET /codex/running", { signal }),
    refetchInterval: lookAgainMs,
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
  const thing = graph.things.find(({ id }) => id === selected);
  return (
    <Page title="Topology" fills>
      <LoadError of={[threads, running, lanes]} />
      <p className="small muted">
        Threads of the last hour, lanes, their sessions, Codex’s processes, and webhooks. Select one for its
        details.
        {graph.left > 0 && ` ${graph.left} more are left out.`}
      </p>
      {isLoaded && graph.things.length === 0 ? (
        <EmptyState
          title="Nothing is there yet"
          line={curl("/conversations", { message: "Explain this repository" })}
        >
          As soon as Codex works, its threads and processes appear here.
        </EmptyState>
      ) : (
        <div className="graph">
          <Suspense>
            {isLoaded && (
              <Graph label="Topology" nodes={graph.things} edges={graph.edges} select={setSelected} />
            )}
          </Suspense>
        </div>
      )}
      {thing && <Details thing={thing} close={() => setSelected(undefined)} />}
    </Page>
  );
}
