import { useQuery } from "@tanstack/react-query";

import { sessionQuery } from "../api/queries";

/** Makes lines for a terminal that work with this bridge: GET, or POST where there is a body. */
export function useCurl(): (path: string, body?: unknown) => string {
  const needsToken = useQuery(sessionQuery).data?.tokenRequired ?? false;
  const token = needsToken ? ' -H "Authorization: Bearer $CODEX_BRIDGE_AUTH_TOKEN"' : "";
  return (path, body) => {
    const data = body === undefined ? "" : ` -H 'Content-Type: application/json' -d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`;
    return `curl -s '${location.origin}${path}'${token}${data}`;
  };
}
