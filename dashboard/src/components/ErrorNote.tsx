import { CircleAlert } from "lucide-react";

import { ApiError } from "../api/client";

/** Renders an error message next to what failed. */
export function ErrorNote({ error }: { error: Error | null | undefined }) {
  if (!error) {
    return null;
  }
  return (
    <p className="error-note" role="alert">
      <CircleAlert aria-hidden />
      <span>
        {error.message}
        {error instanceof ApiError && error.status >= 500 && error.requestId !== undefined && (
          <small> Request ID: {error.requestId}</small>
        )}
      </span>
    </p>
  );
}
