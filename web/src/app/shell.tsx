import { useQuery } from "@tanstack/react-query";
import { Outlet, useRouter } from "@tanstack/react-router";
import { type MouseEvent, type ReactNode, Suspense, useEffect } from "react";

import { Refused } from "@/api/client";
import { Announcer } from "@/components/announcer";
import { SidebarButton } from "@/components/page-header";
import { Connection } from "@/app/connection";
import { SignIn } from "@/app/sign-in";
import { useShortcuts } from "@/app/shortcuts";
import { useEdgeSwipe } from "@/app/swipe";
import { feedQuery, followFeed } from "@/data/feed";
import { useConnection } from "@/data/socket";
import { Sidebar } from "@/features/sidebar/sidebar";
import { useT } from "@/i18n";
import { lazyComponent, loadDeferred } from "@/lib/lazy";
import { useNarrow } from "@/lib/media";
import { overlay, useOverlays } from "@/lib/overlays";
import { showSidebar, useSidebarShown } from "@/lib/sidebar";

const Drawer = lazyComponent(async () => ({ default: (await import("@/components/ui/dialog")).Drawer }));
const Notices = lazyComponent(() => import("@/app/notices"));
const Palette = lazyComponent(() => import("@/features/search/palette"));
const ProjectDialog = lazyComponent(() => import("@/features/projects/project-dialog"));

/** The layout around every page. */
export function Shell() {
  const { data: feed, error, isPending } = useQuery(feedQuery);
  const signedOut = useConnection((state) => state.signedOut);
  useEffect(() => {
    if (feed && !error) followFeed(feed.next);
  }, [feed, error]);
  if (signedOut || (error instanceof Refused && error.status === 401)) return <SignIn />;
  return <Frame empty={isPending} />;
}

/** `empty` until the position of the feed is known: data that is read earlier could miss changes. */
function Frame({ empty }: { empty: boolean }) {
  const t = useT();
  const palette = useOverlays((state) => state.palette);
  const project = useOverlays((state) => state.project);
  useShortcuts();
  useEffect(() => void loadDeferred(), []);
  return (
    <div className="flex h-full flex-col">
      <a href="#main" onClick={skip} className="sr-only z-50 rounded-lg bg-raised px-3 py-2 focus:not-sr-only focus:absolute focus:m-2">
        {t("app.skip")}
      </a>
      <Connection />
      <div className="flex min-h-0 flex-1">
        <SidebarArea>{!empty && <Sidebar />}</SidebarArea>
        <main id="main" tabIndex={-1} className="group/page relative flex min-w-0 flex-1 flex-col outline-none">
          {!empty && (
            <>
              <SidebarButton className="absolute start-2 top-2 z-30 bg-background group-has-data-page-header/page:hidden" />
              <Suspense>
                <Outlet />
              </Suspense>
            </>
          )}
        </main>
      </div>
      <Announcer />
      <Suspense>
        <Notices />
      </Suspense>
      <Suspense>
        {palette && <Palette />}
        {project && <ProjectDialog key={JSON.stringify(project)} request={project} />}
      </Suspense>
    </div>
  );
}

/** Skip the sidebar without changing the URL, which is relative to the app's base. */
function skip(event: MouseEvent): void {
  event.preventDefault();
  document.querySelector<HTMLElement>("#main")?.focus();
}

/** The sidebar: beside the page, or a drawer on narrow screens. */
function SidebarArea({ children }: { children: ReactNode }) {
  const t = useT();
  const narrow = useNarrow();
  const shown = useSidebarShown();
  const router = useRouter();
  useEdgeSwipe(narrow, showSidebar);
  // Navigation closes the drawer.
  useEffect(() => router.subscribe("onBeforeLoad", () => overlay({ drawer: false })), [router]);
  if (narrow)
    return (
      <Suspense>
        <Drawer open={shown} onOpenChange={showSidebar} title={t("sidebar.title")}>
          {children}
        </Drawer>
      </Suspense>
    );
  return (
    shown && (
      <aside aria-label={t("sidebar.title")} className="w-66 shrink-0 border-e bg-surface">
        {children}
      </aside>
    )
  );
}
