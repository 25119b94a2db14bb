// The page that a sign-in link opens. It exchanges the link's code for a session cookie. The code is in the
// URL's fragment, which browsers never send.

import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";

import { ApiError, call } from "../api/client";
import { bridgePath } from "../api/location";
import { Notice } from "./Notice";

export function SignIn() {
  const [error, setError] = useState<ApiError>();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const isStarted = useRef(false);

  useEffect(() => {
    if (isStarted.current) {
      return;
    }
    isStarted.current = true;
    const code = location.hash.slice(1);
    // The code must not stay in the history or on a shared screen.
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
      <Notice title="This link is no longer valid" commands={["codex-bridge dashboard"]}>
        {error.message}
      </Notice>
    );
  }
  return <Notice title="Sign-in failed">{error.message}</Notice>;
}
