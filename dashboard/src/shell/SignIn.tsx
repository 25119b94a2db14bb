// Behind a sign-in link: trades its code for a cookie. The code stands where browsers send nothing of it.

import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";

import { ApiError, call } from "../api/client";
import { bridgePath } from "../api/place";
import { Notice } from "./Notice";

export function SignIn() {
  const [error, setError] = useState<ApiError>();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const begun = useRef(false);

  useEffect(() => {
    if (begun.current) {
      return;
    }
    begun.current = true;
    const code = location.hash.slice(1);
    // Neither history nor a screen shared with others keeps it.
    history.replaceState(null, "", location.pathname);
    call("POST /dashboard/session", { body: { code, path: bridgePath } })
      .then(() => queries.invalidateQueries())
      .then(() => navigate({ to: "/", replace: true }))
      .catch((caught: unknown) =>
        setError(caught instanceof ApiError ? caught : new ApiError(0, "unknown", String(caught))),
      );
  }, [navigate, queries]);

  if (error === undefined) {
    return <Notice title="Signing in…" busy />;
  }
  if (error.code === "sign_in_link_invalid") {
    return (
      <Notice title="This link does not work any more" lines={["codex-bridge dashboard"]}>
        {error.message}
      </Notice>
    );
  }
  return <Notice title="Signing in failed">{error.message}</Notice>;
}
