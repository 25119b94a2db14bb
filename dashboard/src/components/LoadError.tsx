import { ApiError } from "../api/client";
import { ErrorNote } from "./ErrorNote";

/** What went wrong when something was asked for. That the bridge is away is said once, above the page, while the page still has what it showed. */
export function LoadError({ of }: { of: { error: Error | null; data: unknown }[] }) {
  const failed = of.find(
    ({ error, data }) =>
      error !== null && !(error instanceof ApiError && error.status === 0 && data !== undefined),
  );
  return <ErrorNote error={failed?.error} />;
}
