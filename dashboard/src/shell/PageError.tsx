import type { ErrorComponentProps } from "@tanstack/react-router";

import { ErrorNote } from "../components/ErrorNote";

/** Replaces a page that threw an error, or whose file no longer exists because the bridge was updated. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const known = error instanceof Error ? error : new Error(String(error));
  const isOutdated = /dynamically imported module|module script/i.test(known.message);
  return (
    <div className="page">
      <h1>This page could not be shown</h1>
      <ErrorNote
        error={isOutdated ? new Error("The bridge was updated after this page was loaded.") : known}
      />
      <p>
        <button
          type="button"
          className="button primary"
          onClick={() => (isOutdated ? location.reload() : reset())}
        >
          {isOutdated ? "Reload page" : "Try again"}
        </button>
      </p>
    </div>
  );
}
