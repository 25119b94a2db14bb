// Who calls a symbol, and what it calls: as a picture, and as lists for whoever reads by ear.

import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";

import { LoadError } from "../../components/LoadError";
import { ask } from "./ask";

const Graph = lazy(() => import("../../components/Graph"));

/** More than this is no picture any more. */
const shownMax = 12;

export function CallGraph({ name, explore }: { name: string; explore: (name: string) => void }) {
  const graph = useQuery({
    queryKey: ["context", "calls", name],
    queryFn: ({ signal }) => ask("get_call_graph", { symbol_name: name }, signal),
  });
  const names = (field: string) =>
    [...new Set(((graph.data?.[field] ?? []) as unknown[]).map(String))].filter((one) => one !== name);
  const callers = names("callers");
  const callees = names("callees");
  const column = (ids: string[], prefix: string, x: number) =>
    ids.slice(0, shownMax).map((label, index) => ({
      id: `${prefix}${label}`,
      label,
      kind: "symbol",
      position: { x, y: (index - (Math.min(ids.length, shownMax) - 1) / 2) * 56 },
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
        <p className="muted">No call of it is known, and it calls nothing of the workspace.</p>
      )}
      {callers.length + callees.length > 0 && (
        <div className="graph small-graph">
          <Suspense>
            <Graph
              label={`Calls around ${name}`}
              nodes={nodes}
              edges={edges}
              select={(id) => id !== "self" && explore((id.slice(7).split(/\.|::/).at(-1) ?? "").trim())}
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
      {names.length === 0 && <p className="muted">nobody</p>}
      <ul>
        {names.map((name) => (
          <li key={name}>
            <button
              type="button"
              className="button quiet mono"
              onClick={() => explore(name.split(/\.|::/).at(-1) ?? name)}
            >
              {name}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
