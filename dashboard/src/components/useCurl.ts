import { useQuery } from "@tanstack/react-query";

import { bridgePath } from "../api/location";
import { healthQuery, sessionQuery } from "../api/queries";

/** Returns a function that writes curl commands for this bridge: GET, or POST if there is a body. */
export function useCurl(): (path: string, body?: unknown) => string {
  const needsToken = useQuery(sessionQuery).data?.tokenRequired ?? false;
  const token = needsToken ? ' -H "Authorization: Bearer $CODEX_BRIDGE_AUTH_TOKEN"' : "";
  const health = useQuery(healthQuery).data;
  // Behind another server's path, only this browser is let through. On the bridge's machine, its own URL
  // works.
  const url = (bridgePath === "/" ? undefined : health?.status.url) ?? location.origin;
  return (path, body) => {
    const data =
      body === undefined
        ? ""
        : ` -H 'Content-Type: application/json' -d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`;
    return `curl -s '${url}${path}'${token}${data}`;
  };
}
