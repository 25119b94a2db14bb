import type { ErrorComponentProps } from "@tanstack/react-router";

import { ErrorNote } from "../components/ErrorNote";

/** Instead of a page with a defect, or whose file is gone because the bridge was updated. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const known = error instanceof Error ? error : new Error(String(error));
  const isGone = /dynamically imported module|module script/i.test(known.message);
  return (
    <div className="page">
      <h1>This page cannot be shown</h1>
      <ErrorNote error={isGone ? new Error("The bridge was updated since this page was loaded.") : known} />
      <p>
        <button
          type="button"
          className="button primary"
          onClick={() => (isGone ? location.reload() : reset())}
        >
          {isGone ? "Reload" : "Try again"}
        </button>
      </p>
    </div>
  );
}
