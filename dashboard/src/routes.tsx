// The routes. Each page is a separate file that is loaded when it is first shown.

import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from "@tanstack/react-router";

import { dashboardPath } from "./api/location";
import { Gate } from "./shell/Gate";
import { NotFound } from "./shell/NotFound";
import { PageError } from "./shell/PageError";
import { SignIn } from "./shell/SignIn";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });
const signIn = createRoute({ getParentRoute: () => root, path: "/sign-in", component: SignIn });
/** The parent of all pages that need a bridge which accepts this browser. */
const inside = createRoute({ getParentRoute: () => root, id: "inside", component: Gate });

const page = <P extends string>(path: P, component: ReturnType<typeof lazyRouteComponent>) =>
  createRoute({ getParentRoute: () => inside, path, component, errorComponent: PageError });

const nonEmptyString = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

const jobs = createRoute({
  getParentRoute: () => inside,
  path: "/jobs",
  validateSearch: (search): { status?: string; search?: string } => ({
    ...(nonEmptyString(search["status"]) && { status: nonEmptyString(search["status"]) as string }),
    ...(nonEmptyString(search["search"]) && { search: nonEmptyString(search["search"]) as string }),
  }),
  component: lazyRouteComponent(() => import("./pages/jobs/JobsPage"), "JobsPage"),
  errorComponent: PageError,
});

const routes = root.addChildren([
  signIn,
  inside.addChildren([
    page(
      "/",
      lazyRouteComponent(() => import("./pages/overview/OverviewPage"), "OverviewPage"),
    ),
    jobs,
    page(
      "/jobs/$jobId",
      lazyRouteComponent(() => import("./pages/jobs/JobPage"), "JobPage"),
    ),
    page(
      "/conversations",
      lazyRouteComponent(() => import("./pages/conversations/ConversationsPage"), "ConversationsPage"),
    ),
    page(
      "/conversations/new",
      lazyRouteComponent(() => import("./pages/conversations/NewConversationPage"), "NewConversationPage"),
    ),
    page(
      "/conversations/$conversationId",
      lazyRouteComponent(() => import("./pages/conversations/ConversationPage"), "ConversationPage"),
    ),
    page(
      "/lanes",
      lazyRouteComponent(() => import("./pages/lanes/LanesPage"), "LanesPage"),
    ),
    page(
      "/lanes/$laneId",
      lazyRouteComponent(() => import("./pages/lanes/LanePage"), "LanePage"),
    ),
    page(
      "/threads",
      lazyRouteComponent(() => import("./pages/threads/ThreadsPage"), "ThreadsPage"),
    ),
    page(
      "/webhooks",
      lazyRouteComponent(() => import("./pages/webhooks/WebhooksPage"), "WebhooksPage"),
    ),
    page(
      "/webhooks/$webhookId",
      lazyRouteComponent(() => import("./pages/webhooks/WebhookPage"), "WebhookPage"),
    ),
    page(
      "/topology",
      lazyRouteComponent(() => import("./pages/topology/TopologyPage"), "TopologyPage"),
    ),
    page(
      "/context",
      lazyRouteComponent(() => import("./pages/context/ContextPage"), "ContextPage"),
    ),
    page(
      "/system",
      lazyRouteComponent(() => import("./pages/system/SystemPage"), "SystemPage"),
    ),
  ]),
]);

export const router = createRouter({
  routeTree: routes,
  basepath: dashboardPath,
  defaultPreload: "intent",
  scrollRestoration: false,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
