import { Link } from "@tanstack/react-router";

import { Notice } from "./Notice";

export function NotFound() {
  return (
    <Notice title="There is no such page">
      <Link to="/">Go to the overview</Link>
    </Notice>
  );
}
