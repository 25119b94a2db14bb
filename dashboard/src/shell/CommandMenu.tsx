// The command menu: pages, actions, recent jobs and lanes, searched by their text.

import { Autocomplete } from "@base-ui/react/autocomplete";
import { Dialog } from "@base-ui/react/dialog";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { call } from "../api/client";
import { bridgePath } from "../api/location";
import { healthQuery, lanesQuery, recentJobsQuery } from "../api/queries";
import { firstLine } from "../components/format";
import { pages } from "./pages";
import { rememberSignOut } from "./session";
import { chooseTheme, themes } from "./theme";

interface Command {
  id: string;
  /** The text that is searched and shown. */
  label: string;
  hint: string;
  run: () => void;
}

export default function CommandMenu({ close }: { close: () => void }) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const jobs = useQuery(recentJobsQuery).data?.jobs ?? [];
  const lanes = useQuery(lanesQuery).data?.lanes ?? [];
  const url = useQuery(healthQuery).data?.status.url;

  const commands: Command[] = [
    ...pages.map(({ to, label, key }) => ({
      id: to,
      label: `Go to ${label}`,
      hint: `g ${key}`,
      run: () => void navigate({ to }),
    })),
    {
      id: "new",
      label: "New conversation",
      hint: "action",
      run: () => void navigate({ to: "/conversations/new" }),
    },
    ...themes.map((theme) => ({
      id: `theme-${theme}`,
      label: `Theme: ${theme}`,
      hint: "theme",
      run: () => chooseTheme(theme),
    })),
    {
      id: "copy-url",
      label: "Copy API URL",
      hint: "action",
      run: () => void navigator.clipboard.writeText(url ?? location.origin),
    },
    {
      id: "sign-out",
      label: "Sign out of this browser",
      hint: "action",
      run: () =>
        void call("DELETE /dashboard/session", { query: { path: bridgePath } }).then(() => {
          rememberSignOut();
          return queries.resetQueries();
        }),
    },
    ...lanes.map((lane) => ({
      id: `lane-${lane.laneId}`,
      label: lane.title ?? lane.laneId,
      hint: "lane",
      run: () => void navigate({ to: "/lanes/$laneId", params: { laneId: lane.laneId } }),
    })),
    ...jobs.map((job) => ({
      id: job.jobId,
      label: firstLine(job.message),
      hint: `job, ${job.status}`,
      run: () => void navigate({ to: "/jobs/$jobId", params: { jobId: job.jobId } }),
    })),
  ];

  return (
    <Dialog.Root open onOpenChange={(open) => !open && close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="command-menu" aria-label="Command menu">
          <Autocomplete.Root
            open
            inline
            items={commands}
            itemToStringValue={(command: Command) => command.label}
            autoHighlight="always"
            keepHighlight
            limit={50}
          >
            <Autocomplete.Input
              className="command-input"
              placeholder="Type a command or search…"
              aria-label="Command"
            />
            <Autocomplete.Empty className="command-empty">No results.</Autocomplete.Empty>
            <Autocomplete.List className="command-list">
              {(command: Command) => (
                <Autocomplete.Item
                  key={command.id}
                  value={command}
                  className="command-item"
                  onClick={() => {
                    close();
                    command.run();
                  }}
                >
                  <span className="clip">{command.label}</span>
                  <span className="muted">{command.hint}</span>
                </Autocomplete.Item>
              )}
            </Autocomplete.List>
          </Autocomplete.Root>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
