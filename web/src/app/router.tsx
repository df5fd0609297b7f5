import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  useMatches,
} from "@tanstack/react-router";

import { Outside } from "@/app/outside";
import { Shell } from "@/app/shell";
import { Failure } from "@/app/failure";
import { NotFound } from "@/app/not-found";
import { basePath } from "@/lib/base";
import { part } from "@/lib/lazily";
import { Home } from "@/routes/home";
import { type ArtifactSearch, artifactSearch } from "@/lib/artifact-search";
import { type SearchFilter, searchFilter } from "@/lib/search-filter";

const SHARED = "/shared/$token";

const root = createRootRoute({
  component: function Root() {
    const outside = useMatches({ select: (matches) => matches.some(({ routeId }) => routeId === SHARED) });
    return outside ? <Outside /> : <Shell />;
  },
  notFoundComponent: NotFound,
  errorComponent: Failure,
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: Home,
  validateSearch: (search: Record<string, unknown>): { project?: string; q?: string } => ({
    ...(typeof search["project"] === "string" ? { project: search["project"] } : {}),
    ...(typeof search["q"] === "string" ? { q: search["q"] } : {}),
  }),
});

const conversation = createRoute({
  getParentRoute: () => root,
  path: "/c/$conversationId",
  component: lazyRouteComponent(part(() => import("@/routes/conversation"), true), "ConversationRoute"),
  /**
   * A branch and a message of it to begin at; without them, the end of the branch that the person is on. An artifact that is
   * open beside it, or what is being written.
   */
  validateSearch: (search: Record<string, unknown>): { branch?: string; message?: string; artifact?: string } => ({
    ...(typeof search["branch"] === "string" ? { branch: search["branch"] } : {}),
    ...(typeof search["message"] === "string" ? { message: search["message"] } : {}),
    ...(typeof search["artifact"] === "string" ? { artifact: search["artifact"] } : {}),
  }),
});

const project = createRoute({
  getParentRoute: () => root,
  path: "/projects/$projectId",
  component: lazyRouteComponent(part(() => import("@/routes/project")), "ProjectRoute"),
});

const search = createRoute({
  getParentRoute: () => root,
  path: "/search",
  component: lazyRouteComponent(part(() => import("@/routes/search")), "SearchRoute"),
  validateSearch: (search: Record<string, unknown>): SearchFilter => searchFilter(search),
});

const artifacts = createRoute({
  getParentRoute: () => root,
  path: "/artifacts/{-$artifactId}",
  component: lazyRouteComponent(part(() => import("@/routes/artifacts")), "ArtifactsRoute"),
  validateSearch: (search: Record<string, unknown>): ArtifactSearch => artifactSearch(search),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings/{-$page}",
  component: lazyRouteComponent(part(() => import("@/routes/settings")), "SettingsRoute"),
});

const shared = createRoute({
  getParentRoute: () => root,
  path: SHARED,
  component: lazyRouteComponent(part(() => import("@/routes/shared")), "SharedRoute"),
});

export const router = createRouter({
  routeTree: root.addChildren([home, conversation, project, search, artifacts, settings, shared]),
  basepath: basePath,
  defaultPreload: "intent",
  scrollRestoration: false,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
