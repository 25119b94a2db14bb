// Who may come in: asks the bridge whether it knows this browser, and says what to do where it does not.

import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";

import { ApiError } from "../api/client";
import { bridgePath } from "../api/place";
import { sessionQuery } from "../api/queries";
import { Live, useConnection } from "../live/Live";
import { Notice } from "./Notice";
import { Shell } from "./Shell";

/** What became of this browser's session, for all its tabs: tells an ended one from one that the person ended, and from none. */
const sessionKey = `codex-bridge-session ${bridgePath}`;

const signInLines = ["codex-bridge dashboard"];

export function Gate() {
  const session = useQuery({
    ...sessionQuery,
    // Nobody else says when a bridge that was away is there.
    refetchInterval: ({ state }) =>
      state.error instanceof ApiError && state.error.status === 0 ? 2000 : false,
  });
  useEffect(() => {
    if (session.data?.signedIn) {
      localStorage.setItem(sessionKey, "signed in");
    }
  }, [session.data]);

  if (session.error instanceof ApiError) {
    return <Refused error={session.error} />;
  }
  if (session.data === undefined) {
    return <Notice title="Asking the bridge…" busy />;
  }
  return (
    <Live>
      <Inside />
    </Live>
  );
}

/** The pages, until the bridge knows this browser no more. */
function Inside() {
  const connection = useConnection();
  const ended = connection.state === "disconnected" && connection.error.status === 401;
  return ended ? <Refused error={connection.error} /> : <Shell />;
}

function Refused({ error }: { error: ApiError }) {
  const session = localStorage.getItem(sessionKey);
  if (error.status === 401 && session === "signed out") {
    return (
      <Notice title="Signed out" lines={signInLines}>
        This browser was signed out, with all its tabs. Get a new link with this command, or in VS Code with{" "}
        <strong>Codex Bridge: Open Dashboard</strong>.
      </Notice>
    );
  }
  if (error.status === 401 && session !== null) {
    return (
      <Notice title="Your session has ended" lines={signInLines}>
        The bridge’s token was changed, or you signed in more than a week ago. Get a new link with this
        command, or in VS Code with <strong>Codex Bridge: Open Dashboard</strong>.
      </Notice>
    );
  }
  if (error.status === 401) {
    return (
      <Notice title="Sign in" lines={signInLines}>
        This bridge wants a token. A link signs this browser in, once: get one with this command, or in VS
        Code with <strong>Codex Bridge: Open Dashboard</strong>.
      </Notice>
    );
  }
  if (error.status === 0) {
    return (
      <Notice title="The bridge is not running" lines={["codex-bridge serve"]} busy>
        Nothing answers at {location.host}. Start it with this command, or in VS Code with{" "}
        <strong>Codex Bridge: Start Server</strong>. This page goes on by itself.
      </Notice>
    );
  }
  if (error.status === 404) {
    return <OlderBridge />;
  }
  return <Notice title="The bridge refused">{error.message}</Notice>;
}

/** This page is of a newer program than the one that answers. */
export function OlderBridge() {
  return (
    <Notice
      title="The bridge is of another version"
      action={{ label: "Load its own page", run: () => location.reload() }}
    >
      This page belongs to Codex Bridge {__VERSION__}, and the bridge that answers does not know what it asks
      for.
    </Notice>
  );
}

/** Remembers that the person signed out, which all tabs of this browser then say. */
export function rememberSignOut() {
  localStorage.setItem(sessionKey, "signed out");
}
