import { useQuery } from "@tanstack/react-query";

import { bridgePath } from "../api/place";
import { healthQuery, sessionQuery } from "../api/queries";

/** Makes lines for a terminal that work with this bridge: GET, or POST where there is a body. */
export function useCurl(): (path: string, body?: unknown) => string {
  const needsToken = useQuery(sessionQuery).data?.tokenRequired ?? false;
  const token = needsToken ? ' -H "Authorization: Bearer $CODEX_BRIDGE_AUTH_TOKEN"' : "";
  const health = useQuery(healthQuery).data;
  // Under a path of another server only this browser gets through; on the bridge's own machine its address does.
  const url = (bridgePath === "/" ? undefined : health?.status.url) ?? location.origin;
  return (path, body) => {
    const data =
      body === undefined
        ? ""
        : ` -H 'Content-Type: application/json' -d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`;
    return `curl -s '${url}${path}'${token}${data}`;
  };
}
