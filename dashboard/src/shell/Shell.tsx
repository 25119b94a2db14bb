// What is around every page: navigation, what waits for the person, the state of the connection.

import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { Menu as MenuIcon, Plus, Search, X } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { dashboardPath } from "../api/place";
import { healthQuery, pendingApprovalsQuery } from "../api/queries";
import { ConnectionBanner } from "./ConnectionBanner";
import { pages } from "./pages";
import { useShortcuts } from "./shortcuts";

// Most visits open neither.
const CommandMenu = lazy(() => import("./CommandMenu"));

export function Shell() {
  const [menu, setMenu] = useState(false);
  const [navigation, setNavigation] = useState(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const navigate = useNavigate();
  const main = useRef<HTMLElement>(null);
  const health = useQuery(healthQuery);
  const waiting = useQuery(pendingApprovalsQuery).data?.approvals.length ?? 0;

  useShortcuts({ openMenu: () => setMenu(true), goTo: (to) => void navigate({ to }) });
  useEffect(() => {
    setNavigation(false);
    main.current?.scrollTo(0, 0);
    const page = pages.findLast(({ to }) => path.startsWith(to));
    document.title = `${waiting > 0 ? `(${waiting}) ` : ""}${page?.label ?? "Overview"} · Codex Bridge`;
  }, [path, waiting]);

  return (
    <div className="shell">
      <a
        className="skip-link"
        href="#main"
        onClick={(event) => (event.preventDefault(), main.current?.focus())}
      >
        Skip to the page
      </a>
      <header className="top-bar">
        <button
          type="button"
          className="button quiet icon navigation-toggle"
          aria-label={navigation ? "Close the navigation" : "Open the navigation"}
          aria-expanded={navigation}
          aria-controls="navigation"
          onClick={() => setNavigation(!navigation)}
        >
          {navigation ? <X aria-hidden /> : <MenuIcon aria-hidden />}
        </button>
        <Link to="/" className="brand">
          <img src={`${dashboardPath}/favicon.svg`} alt="" width="22" height="22" />
          Codex Bridge
        </Link>
        <button
          type="button"
          className="button search-button"
          onClick={() => setMenu(true)}
          aria-keyshortcuts="Control+K"
        >
          <Search aria-hidden />
          <span>Search or do…</span>
          <kbd>Ctrl K</kbd>
        </button>
        <Link to="/conversations/new" className="button primary new-button">
          <Plus aria-hidden /> <span>New</span>
        </Link>
      </header>
      <nav id="navigation" className={navigation ? "navigation open" : "navigation"} aria-label="Pages">
        <ul>
          {pages.map(({ to, label, icon: Icon, key }) => (
            <li key={to}>
              <Link to={to} activeOptions={{ exact: to === "/" }} aria-keyshortcuts={`g ${key}`}>
                <Icon aria-hidden />
                <span>{label}</span>
                {to === "/" && waiting > 0 && (
                  <span className="badge" aria-label={`${waiting} wait for you`}>
                    {waiting}
                  </span>
                )}
              </Link>
            </li>
          ))}
        </ul>
        <p className="version">
          {health.data === undefined
            ? " "
            : `v${health.data.version} · ${health.data.status.url.replace("http://", "")}`}
        </p>
      </nav>
      <div className="content">
        <ConnectionBanner version={health.data?.version} />
        <main id="main" ref={main} tabIndex={-1}>
          <Suspense fallback={<div className="page" aria-busy="true" />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      {menu && (
        <Suspense>
          <CommandMenu close={() => setMenu(false)} />
        </Suspense>
      )}
    </div>
  );
}
