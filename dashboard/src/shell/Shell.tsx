// The frame around every page: navigation, number of pending approvals, connection state.

import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { Menu as MenuIcon, Plus, Search, X } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";

import { dashboardPath } from "../api/location";
import { healthQuery, pendingApprovalsQuery } from "../api/queries";
import { ConnectionBanner } from "./ConnectionBanner";
import { pages } from "./pages";
import { useShortcuts } from "./shortcuts";

// Most visits do not open it.
const CommandMenu = lazy(() => import("./CommandMenu"));

export function Shell() {
  const [menuOpen, setMenuOpen] = useState(false);
  const [navigationOpen, setNavigationOpen] = useState(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const navigate = useNavigate();
  const main = useRef<HTMLElement>(null);
  const health = useQuery(healthQuery);
  const pendingCount = useQuery(pendingApprovalsQuery).data?.approvals.length ?? 0;

  useShortcuts({ openMenu: () => setMenuOpen(true), goTo: (to) => void navigate({ to }) });
  useEffect(() => {
    setNavigationOpen(false);
    main.current?.scrollTo(0, 0);
    const page = pages.findLast(({ to }) => path.startsWith(to));
    document.title = `${pendingCount > 0 ? `(${pendingCount}) ` : ""}${page?.label ?? "Overview"} · Codex Bridge`;
  }, [path, pendingCount]);

  return (
    <div className="shell">
      {/* biome-ignore lint/a11y/useValidAnchor: it navigates within the page. */}
      <a
        className="skip-link"
        href="#main"
        onClick={(event) => {
          // Following the hash would change the route.
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to main content
      </a>
      <header className="top-bar">
        <button
          type="button"
          className="button quiet icon navigation-toggle"
          aria-label={navigationOpen ? "Close navigation" : "Open navigation"}
          aria-expanded={navigationOpen}
          aria-controls="navigation"
          onClick={() => setNavigationOpen(!navigationOpen)}
        >
          {navigationOpen ? <X aria-hidden /> : <MenuIcon aria-hidden />}
        </button>
        <Link to="/" className="brand">
          <img src={`${dashboardPath}/favicon.svg`} alt="" width="22" height="22" />
          Codex Bridge
        </Link>
        <button
          type="button"
          className="button search-button"
          onClick={() => setMenuOpen(true)}
          aria-keyshortcuts="Control+K"
        >
          <Search aria-hidden />
          <span>Search or run a command…</span>
          <kbd>Ctrl K</kbd>
        </button>
        <Link to="/conversations/new" className="button primary new-button">
          <Plus aria-hidden /> <span>New</span>
        </Link>
      </header>
      <nav id="navigation" className={navigationOpen ? "navigation open" : "navigation"} aria-label="Pages">
        <ul>
          {pages.map(({ to, label, icon: Icon, key }) => (
            <li key={to}>
              <Link to={to} activeOptions={{ exact: to === "/" }} aria-keyshortcuts={`g ${key}`}>
                <Icon aria-hidden />
                <span>{label}</span>
                {to === "/" && pendingCount > 0 && (
                  <span className="badge">
                    {pendingCount}
                    <span className="visually-hidden">
                      {pendingCount === 1 ? " pending approval" : " pending approvals"}
                    </span>
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
      {menuOpen && (
        <Suspense>
          <CommandMenu close={() => setMenuOpen(false)} />
        </Suspense>
      )}
    </div>
  );
}
