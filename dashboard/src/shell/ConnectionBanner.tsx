import { CloudOff, RefreshCw } from "lucide-react";
import { useEffect, useState } from "react";

import { useConnection } from "../live/Live";

/** Interruptions shorter than this are not reported. */
const reportAfterMs = 300;

/**
 * Reports a lost connection or a version mismatch. It overlays the page, so that it causes no layout shift.
 */
export function ConnectionBanner({ version }: { version: string | undefined }) {
  const connection = useConnection();
  const since = connection.state === "disconnected" ? connection.since : undefined;
  const [isReported, setIsReported] = useState(false);
  useEffect(() => {
    setIsReported(false);
    if (since !== undefined) {
      const timer = setTimeout(() => setIsReported(true), reportAfterMs);
      return () => clearTimeout(timer);
    }
    return undefined;
  }, [since]);

  return (
    <div className="connection" role="status">
      {since !== undefined && isReported && (
        <p className="banner warning">
          <CloudOff aria-hidden />
          <span>
            <strong>Disconnected</strong> since {new Date(since).toLocaleTimeString()}. The data shown may be
            out of date. It updates automatically when the bridge at {location.host} responds again.
          </span>
        </p>
      )}
      {version !== undefined && version !== __VERSION__ && (
        <p className="banner warning">
          <RefreshCw aria-hidden />
          <span>
            This page is version {__VERSION__}, but the bridge is version {version}.
          </span>
          <button type="button" className="button" onClick={() => location.reload()}>
            Reload page
          </button>
        </p>
      )}
    </div>
  );
}
