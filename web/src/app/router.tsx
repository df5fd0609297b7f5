import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  useMatches,
} from "@tanstack/react-router";

import { PublicLayout } from "@/app/public-layout";
import { Shell } from "@/app/shell";
import { Failure } from "@/app/failure";
import { NotFound } from "@/app/not-found";
import { basePath } from "@/lib/base";
import { deferred } from "@/lib/lazy";
import { Home } from "@/routes/home";
import { homeSearch, librarySearch, threadSearch } from "@/lib/address-search";
import { artifactSearch } from "@/lib/artifact-search";
import { searchFilter } from "@/lib/search-filter";

const SHARED = "/shared/$token";
const SIGNIN = "/signin";

const root = createRootRoute({
  component: function Root() {
    const outside = useMatches({ select: (matches) => matches.some(({ routeId }) => routeId === SHARED || routeId === SIGNIN) });
    return outside ? <PublicLayout /> : <Shell />;
  },
  notFoundComponent: NotFound,
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: Home,
  validateSearch: homeSearch,
});

const conversation = createRoute({
  getParentRoute: () => root,
  path: "/c/$conversationId",
  component: lazyRouteComponent(deferred(() => import("@/routes/conversation"), true), "ConversationRoute"),
  validateSearch: threadSearch,
});

const project = createRoute({
  getParentRoute: () => root,
  path: "/projects/$projectId",
  component: lazyRouteComponent(deferred(() => import("@/routes/project")), "ProjectRoute"),
});

const search = createRoute({
  getParentRoute: () => root,
  path: "/search",
  component: lazyRouteComponent(deferred(() => import("@/routes/search")), "SearchRoute"),
  validateSearch: searchFilter,
});

const artifacts = createRoute({
  getParentRoute: () => root,
  path: "/artifacts/{-$artifactId}",
  component: lazyRouteComponent(deferred(() => import("@/routes/artifacts")), "ArtifactsRoute"),
  validateSearch: artifactSearch,
});

const library = createRoute({
  getParentRoute: () => root,
  path: "/library/{-$page}",
  component: lazyRouteComponent(deferred(() => import("@/routes/library")), "LibraryRoute"),
  validateSearch: librarySearch,
});

const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings/{-$page}",
  component: lazyRouteComponent(deferred(() => import("@/routes/settings")), "SettingsRoute"),
});

const shared = createRoute({
  getParentRoute: () => root,
  path: SHARED,
  component: lazyRouteComponent(deferred(() => import("@/routes/shared")), "SharedRoute"),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: SIGNIN,
  component: lazyRouteComponent(deferred(() => import("@/routes/sign-in")), "SignInRoute"),
  validateSearch: ({ code }: Record<string, unknown>) => ({ code: typeof code === "string" ? code : "" }),
});

export const router = createRouter({
  routeTree: root.addChildren([home, conversation, project, search, artifacts, library, settings, shared, signIn]),
  basepath: basePath,
  defaultPreload: "intent",
  scrollRestoration: false,
  // Per page, so that the layout around it stays.
  defaultErrorComponent: Failure,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
