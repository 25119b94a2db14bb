import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useDeferredValue, useMemo, useState } from "react";

import { call } from "../../api/client";
import { lanesQuery } from "../../api/queries";
import type { Lane, LaneStatus } from "../../api/schemas";
import { Actions } from "../../components/Action";
import { EmptyState } from "../../components/EmptyState";
import { directoryName } from "../../components/format";
import { ListState } from "../../components/List";
import { Moment } from "../../components/Moment";
import { Page } from "../../components/Page";
import { SearchField } from "../../components/SearchField";
import { Status } from "../../components/Status";
import { Tabs } from "../../components/Tabs";
import { useCurl } from "../../components/useCurl";
import { VirtualList } from "../../components/VirtualList";
import { NewLaneDialog } from "./NewLaneDialog";

/** The columns of the board with the statuses that each one contains. */
const columns: { title: string; statuses: LaneStatus[] }[] = [
  { title: "Idle", statuses: ["idle"] },
  { title: "Working", statuses: ["starting", "running", "verifying"] },
  { title: "Waiting for you", statuses: ["needs_approval", "blocked"] },
  { title: "Done", statuses: ["done"] },
  { title: "Failed", statuses: ["failed", "interrupted"] },
];

export function LanesPage() {
  const curl = useCurl();
  const lanes = useQuery(lanesQuery);
  const [typed, setTyped] = useState("");
  const [creating, setCreating] = useState(false);
  const search = useDeferredValue(typed.trim().toLowerCase());
  const shown = useMemo(() => {
    const searchText = ({ laneId, title, projectId, repoRoot }: Lane) =>
      `${laneId} ${title ?? ""} ${projectId ?? ""} ${repoRoot ?? ""}`.toLowerCase();
    return (lanes.data?.lanes ?? []).filter((lane) => search === "" || searchText(lane).includes(search));
  }, [lanes.data, search]);
  return (
    <Page
      title="Lanes"
      fills
      actions={
        <div className="toolbar">
          <SearchField
            label="Search lanes"
            placeholder="Title, ID, or directory"
            value={typed}
            onChange={setTyped}
          />
          <Actions
            actions={[
              {
                label: "Clean up",
                confirm: {
                  action: "Clean up lanes",
                  consequence:
                    "Deletes lanes done for over a day. Worktrees with uncommitted or unmerged work are kept.",
                },
                run: cleanUp,
              },
              { label: "New lane", className: "primary", run: async () => setCreating(true) },
            ]}
          />
        </div>
      }
    >
      <ListState
        query={lanes}
        isEmpty={lanes.data?.lanes.length === 0}
        empty={
          <EmptyState
            title="No lanes yet"
            line={curl("/codex/workflows/start-visible", {
              title: "Fix the login",
              kickoffPrompt: "The login fails with an empty password. Fix it.",
              verificationCommands: ["npm test"],
            })}
          >
            A lane is a unit of work that spans many turns: a conversation with a working directory, a goal,
            verification commands, and a status of its own.
          </EmptyState>
        }
      >
        <Tabs
          label="Lane views"
          className="fills"
          tabs={[
            { value: "board", label: "Board", content: () => <Board lanes={shown} /> },
            { value: "table", label: "Table", content: () => <Table lanes={shown} /> },
          ]}
        />
      </ListState>
      {creating && <NewLaneDialog close={() => setCreating(false)} />}
    </Page>
  );
}

/** Deletes old lanes. Returns a message that says how many were deleted, and what was kept. */
async function cleanUp(): Promise<string> {
  const { deleted, left } = await call("POST /lanes/cleanup", {
    body: { statuses: ["done"], olderThanHours: 24 },
  });
  const result =
    deleted.length === 0
      ? "No lanes have been done for over a day."
      : `Deleted ${deleted.length === 1 ? "1 lane" : `${deleted.length} lanes`}.`;
  return [result, ...left].join(" ");
}

function Board({ lanes }: { lanes: Lane[] }) {
  return (
    <div className="board">
      {columns.map(({ title, statuses }) => {
        const columnLanes = lanes.filter((lane) => statuses.includes(lane.status));
        return (
          <section key={title} className="board-column" aria-label={title}>
            <h2>
              {title} <span className="muted">{columnLanes.length}</span>
            </h2>
            <VirtualList
              label={title}
              items={columnLanes}
              rowHeight={86}
              keyOf={(lane) => lane.laneId}
              row={(lane) => <Card lane={lane} />}
            />
          </section>
        );
      })}
    </div>
  );
}

function Card({ lane }: { lane: Lane }) {
  const passed = lane.verification.filter(({ exitCode }) => exitCode === 0).length;
  return (
    <Link to="/lanes/$laneId" params={{ laneId: lane.laneId }} className="lane-card">
      <strong className="clip">{lane.title ?? lane.laneId}</strong>
      <span className="lane-card-line">
        <Status status={lane.status} />
        {lane.verification.length > 0 && (
          <span className="small muted">
            {passed}/{lane.verification.length} checks
          </span>
        )}
      </span>
      <span className="lane-card-line small muted">
        <span className="clip">
          {lane.branch ?? (lane.repoRoot ? directoryName(lane.repoRoot) : lane.laneId)}
        </span>
        <Moment at={lane.updatedAt} />
      </span>
    </Link>
  );
}

function Table({ lanes }: { lanes: Lane[] }) {
  return lanes.length === 0 ? (
    <EmptyState title="No matching lanes" />
  ) : (
    <VirtualList
      label="Lanes"
      items={lanes}
      rowHeight={40}
      keyOf={(lane) => lane.laneId}
      row={(lane) => <Row lane={lane} />}
    />
  );
}

function Row({ lane }: { lane: Lane }) {
  return (
    <Link to="/lanes/$laneId" params={{ laneId: lane.laneId }} className="row lane-row">
      <Status status={lane.status} />
      <span className="clip">{lane.title ?? lane.laneId}</span>
      <span className="clip muted small mono">{lane.laneId}</span>
      <span className="clip muted small">{lane.repoRoot ? directoryName(lane.repoRoot) : ""}</span>
      <span className="muted small row-time">
        <Moment at={lane.updatedAt} />
      </span>
    </Link>
  );
}
