import { Link } from "@tanstack/react-router";

import { Notice } from "./Notice";

export function NotFound() {
  return (
    <Notice title="Page not found">
      <Link to="/">Go to overview</Link>
    </Notice>
  );
}
