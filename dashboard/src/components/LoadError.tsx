import { ApiError } from "../api/client";
import { ErrorNote } from "./ErrorNote";

/**
 * Renders the first error among these queries. An unreachable bridge is not reported for a query that still
 * has data, because the connection banner reports it.
 */
export function LoadError({ of }: { of: { error: Error | null; data: unknown }[] }) {
  const failed = of.find(
    ({ error, data }) =>
      error !== null && !(error instanceof ApiError && error.status === 0 && data !== undefined),
  );
  return <ErrorNote error={failed?.error} />;
}
