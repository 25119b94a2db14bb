// A graph of nodes and edges that can be navigated with the keyboard. Pages that show one load it lazily.

import "@xyflow/react/dist/style.css";

import {
  Background,
  Controls,
  type Edge,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from "@xyflow/react";
import { useMemo } from "react";

import { Status } from "./Status";

export interface GraphNode {
  id: string;
  label: string;
  /** The kind of object, in one word. It also selects the CSS class `box-<kind>`. */
  kind: string;
  detail?: string;
  status?: string;
  position: { x: number; y: number };
}

export interface GraphEdge {
  id: string;
  source: string;
  target: string;
  animated?: boolean;
}

type Box = Node<Omit<GraphNode, "id" | "position">, "box">;

const nodeTypes = { box: BoxView };

export default function Graph(props: {
  label: string;
  nodes: GraphNode[];
  edges: GraphEdge[];
  select: (id: string) => void;
}) {
  const nodes = useMemo<Box[]>(
    () =>
      props.nodes.map(({ id, position, ...data }) => ({
        id,
        position,
        data,
        type: "box",
        ariaLabel: [data.kind, data.label, data.detail, data.status].filter(Boolean).join(", "),
      })),
    [props.nodes],
  );
  const edges = useMemo<Edge[]>(
    () => props.edges.map((edge) => ({ ...edge, focusable: false })),
    [props.edges],
  );
  return (
    <ReactFlow
      aria-label={props.label}
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      onNodeClick={(_, node) => props.select(node.id)}
      onSelectionChange={() => undefined}
      nodesDraggable={false}
      nodesConnectable={false}
      edgesFocusable={false}
      onKeyDown={(event) => {
        const id = (event.target as HTMLElement).closest<HTMLElement>(".react-flow__node")?.dataset["id"];
        if ((event.key === "Enter" || event.key === " ") && id !== undefined) {
          event.preventDefault();
          props.select(id);
        }
      }}
      fitView
      fitViewOptions={{ maxZoom: 1, padding: 0.1 }}
      minZoom={0.1}
      colorMode={colorMode()}
      proOptions={{ hideAttribution: true }}
    >
      <Background gap={24} />
      <Controls showInteractive={false} />
    </ReactFlow>
  );
}

function BoxView({ data }: NodeProps<Box>) {
  return (
    <div className={`box box-${data.kind}`}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <span className="small muted">{data.kind === "self" ? "symbol" : data.kind}</span>
      <strong className="clip">{data.label}</strong>
      {data.detail !== undefined && <span className="small muted clip">{data.detail}</span>}
      {data.status !== undefined && <Status status={data.status} />}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}

function colorMode(): "dark" | "light" | "system" {
  const theme = document.documentElement.dataset["theme"];
  return theme === "dark" || theme === "light" ? theme : "system";
}
