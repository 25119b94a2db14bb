// The callers and callees of a symbol, as a graph and as lists. The lists are complete and accessible.

import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";

import { LoadError } from "../../components/LoadError";
import { bareName, requestContext } from "./request";

const Graph = lazy(() => import("../../components/Graph"));

/** The maximum number of nodes per column. */
const columnMax = 12;

export function CallGraph({ name, explore }: { name: string; explore: (name: string) => void }) {
  const graph = useQuery({
    queryKey: ["context", "calls", name],
    queryFn: ({ signal }) => requestContext("get_call_graph", { symbol_name: name }, signal),
  });
  const names = (field: string) =>
    [...new Set(((graph.data?.[field] ?? []) as unknown[]).map(String))].filter((other) => other !== name);
  const callers = names("callers");
  const callees = names("callees");
  const column = (ids: string[], prefix: string, x: number) =>
    ids.slice(0, columnMax).map((label, index) => ({
      id: `${prefix}${label}`,
      label,
      kind: "symbol",
      position: { x, y: (index - (Math.min(ids.length, columnMax) - 1) / 2) * 56 },
    }));
  const nodes = [
    ...column(callers, "caller ", 0),
    { id: "self", label: name, kind: "self", position: { x: 300, y: 0 } },
    ...column(callees, "callee ", 600),
  ];
  const edges = nodes.flatMap(({ id }) =>
    id === "self"
      ? []
      : id.startsWith("caller ")
        ? [{ id, source: id, target: "self" }]
        : [{ id, source: "self", target: id }],
  );
  return (
    <>
      <LoadError of={[graph]} />
      {graph.isSuccess && callers.length + callees.length === 0 && (
        <p className="muted">No known callers, and no calls to code in the workspace.</p>
      )}
      {callers.length + callees.length > 0 && (
        <div className="graph small-graph">
          <Suspense>
            <Graph
              label={`Calls around ${name}`}
              nodes={nodes}
              edges={edges}
              select={(id) => id !== "self" && explore(bareName(id.slice("caller ".length)))}
            />
          </Suspense>
        </div>
      )}
      <div className="two-columns">
        <Names title="Called by" names={callers} explore={explore} />
        <Names title="Calls" names={callees} explore={explore} />
      </div>
    </>
  );
}

function Names({
  title,
  names,
  explore,
}: {
  title: string;
  names: string[];
  explore: (name: string) => void;
}) {
  return (
    <section>
      <h3>{title}</h3>
      {names.length === 0 && <p className="muted">None</p>}
      <ul>
        {names.map((name) => (
          <li key={name}>
            <button type="button" className="button quiet mono" onClick={() => explore(bareName(name))}>
              {name}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
