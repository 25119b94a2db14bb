import { CloudOff, RefreshCw } from "lucide-react";
import { useEffect, useState } from "react";

import { useConnection } from "../live/Live";

/** A break so short that nobody need hear of it. */
const patienceMs = 300;

/** Says when the page does not hear what happens, or belongs to another version. It has a place of its own: nothing jumps. */
export function ConnectionBanner({ version }: { version: string | undefined }) {
  const connection = useConnection();
  const since = connection.state === "disconnected" ? connection.since : undefined;
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (since !== undefined) {
      const timer = setTimeout(() => setLate(true), patienceMs);
      return () => clearTimeout(timer);
    }
    return undefined;
  }, [since]);

  return (
    <div className="connection" role="status">
      {since !== undefined && late && (
        <p className="banner warning">
          <CloudOff aria-hidden />
          <span>
            <strong>Disconnected</strong> since {new Date(since).toLocaleTimeString()}. What you see may be
            old; it is caught up with by itself as soon as the bridge answers at {location.host}.
          </span>
        </p>
      )}
      {version !== undefined && version !== __VERSION__ && (
        <p className="banner warning">
          <RefreshCw aria-hidden />
          <span>
            This page belongs to version {__VERSION__}, the bridge is version {version}.
          </span>
          <button type="button" className="button" onClick={() => location.reload()}>
            Load its own page
          </button>
        </p>
      )}
    </div>
  );
}
