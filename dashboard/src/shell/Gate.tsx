// Shows the pages if the bridge accepts this browser. Otherwise says why it does not and what to do.

import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";

import { ApiError } from "../api/client";
import { sessionQuery } from "../api/queries";
import { Live, useConnection } from "../live/Live";
import { Notice } from "./Notice";
import { Shell } from "./Shell";
import { lastSession, rememberSignIn } from "./session";

const signInCommands = ["codex-bridge dashboard"];
const retryMs = 2000;

export function Gate() {
  const session = useQuery({
    ...sessionQuery,
    // No event announces that an unreachable bridge is back.
    refetchInterval: ({ state }) =>
      state.error instanceof ApiError && state.error.status === 0 ? retryMs : false,
  });
  useEffect(() => {
    if (session.data?.signedIn) {
      rememberSignIn();
    }
  }, [session.data]);

  if (session.error instanceof ApiError) {
    return <Rejected error={session.error} />;
  }
  if (session.data === undefined) {
    return <Notice title="Connecting to the bridge…" busy />;
  }
  return (
    <Live>
      <SignedIn />
    </Live>
  );
}

/** Renders the pages until the bridge ends the session. */
function SignedIn() {
  const connection = useConnection();
  const isEnded = connection.state === "disconnected" && connection.error.status === 401;
  return isEnded ? <Rejected error={connection.error} /> : <Shell />;
}

function Rejected({ error }: { error: ApiError }) {
  switch (error.status) {
    case 401:
      return <SignInNeeded />;
    case 0:
      return (
        <Notice title="The bridge is not running" commands={["codex-bridge serve"]} busy>
          Nothing responds at {location.host}. Start the bridge with this command, or run{" "}
          <strong>Codex Bridge: Start Server</strong> in VS Code. This page reconnects automatically.
        </Notice>
      );
    case 404:
      return (
        <Notice
          title="The bridge has a different version"
          action={{ label: "Reload page", run: () => location.reload() }}
        >
          This page is from Codex Bridge {__VERSION__}, and the running bridge does not support it.
        </Notice>
      );
    default:
      return <Notice title="The bridge rejected the request">{error.message}</Notice>;
  }
}

function SignInNeeded() {
  switch (lastSession()) {
    case "signed out":
      return (
        <Notice title="Signed out" commands={signInCommands}>
          You signed out of all tabs in this browser. To get a new sign-in link, run this command, or run{" "}
          <strong>Codex Bridge: Open Dashboard</strong> in VS Code.
        </Notice>
      );
    case "signed in":
      return (
        <Notice title="Your session has ended" commands={signInCommands}>
          The bridge’s token changed, or you signed in more than a week ago. To get a new sign-in link, run
          this command, or run <strong>Codex Bridge: Open Dashboard</strong> in VS Code.
        </Notice>
      );
    default:
      return (
        <Notice title="Sign in" commands={signInCommands}>
          This bridge requires a token. To get a link that signs this browser in, run this command, or run{" "}
          <strong>Codex Bridge: Open Dashboard</strong> in VS Code.
        </Notice>
      );
  }
}
