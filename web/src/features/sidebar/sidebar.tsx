import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ArrowLeftIcon, LibraryIcon, ListFilterIcon, PanelLeftIcon, SearchIcon, SettingsIcon, ShapesIcon, SquarePenIcon } from "lucide-react";
import { type KeyboardEvent, type ReactNode, Suspense, useEffect, useState } from "react";

import { announce } from "@/components/announcer";
import { Button, IconButton } from "@/components/ui/button";
import { Kbd } from "@/components/ui/state";
import { conversationQuery } from "@/data/conversations";
import { meQuery } from "@/data/me";
import { followSeen, markSeen } from "@/data/unread";
import { useT } from "@/i18n";
import { cn } from "@/lib/cn";
import { lazyComponent } from "@/lib/lazy";
import { overlay } from "@/lib/overlays";
import { SHORTCUTS, keyName } from "@/lib/shortcuts";
import { showSidebar } from "@/lib/sidebar";

import { ListSkeleton } from "./list-skeleton";
import { NOTHING } from "./selection";
import { EVERYTHING, show, sidebar, useSidebar } from "./state";

// The sidebar is visible at once but has no content before the server responds, so code and data load in parallel.
const list = import("./list");
const ConversationList = lazyComponent(() => list);
const RowMenu = lazyComponent(() => import("./row-menu"));
const FilterMenu = lazyComponent(() => import("./filter-menu"));
const SelectionBar = lazyComponent(() => import("./selection-bar"));
const SidebarDialog = lazyComponent(() => import("./sidebar-dialog"));

/** The sidebar: all conversations and the main navigation. */
export function Sidebar() {
  const t = useT();
  const view = useSidebar((state) => state.view);
  const selecting = useSidebar((state) => state.selection.ids.size > 0);
  const menu = useSidebar((state) => state.menu);
  const dialog = useSidebar((state) => state.dialog);
  useMarkRead();
  const endSelection = (event: KeyboardEvent) => {
    const inside = event.target instanceof Node && event.currentTarget.contains(event.target);
    if (event.key !== "Escape" || !selecting || !inside) return;
    event.stopPropagation();
    sidebar({ selection: NOTHING });
    announce(t("sidebar.selection", { count: 0 }));
  };
  return (
    <div
      role="presentation"
      className="flex h-full flex-col pt-[env(safe-area-inset-top)] pb-[env(safe-area-inset-bottom)]"
      data-escape={selecting || undefined}
      onKeyDown={endSelection}
    >
      <div className="flex h-12 shrink-0 items-center justify-between ps-4.5 pe-2 touch:h-14">
        <span className="font-serif text-lg font-semibold tracking-tight">{t("app.name")}</span>
        <IconButton label={t("sidebar.close")} data-sidebar-button onClick={() => showSidebar(false)}>
          <PanelLeftIcon />
        </IconButton>
      </div>
      <NavigationButtons />
      {view !== EVERYTHING && <Filtered name={view.tag ?? t("sidebar.archive.title")} />}
      <nav aria-label={t("sidebar.list")} className="flex min-h-0 flex-1 flex-col">
        <Suspense fallback={<ListSkeleton />}>
          <ConversationList key={JSON.stringify(view)} />
        </Suspense>
      </nav>
      <Suspense fallback={<Footer />}>{selecting ? <SelectionBar /> : <Footer />}</Suspense>
      <Suspense>
        {menu && <RowMenu request={menu} />}
        {dialog && <SidebarDialog />}
      </Suspense>
    </div>
  );
}

function NavigationButtons() {
  const t = useT();
  const look = "w-full justify-start px-2.5 font-normal";
  return (
    <ul className="shrink-0 px-2 pb-1.5">
      <li>
        <Button asChild className={look}>
          <Link to="/" activeOptions={{ exact: true, includeSearch: false }} onClick={() => overlay({ drawer: false })}>
            <SquarePenIcon aria-hidden />
            {t("sidebar.new")}
          </Link>
        </Button>
      </li>
      <li>
        <Button className={cn(look, "group/search")} onClick={() => overlay({ palette: true, drawer: false })}>
          <SearchIcon aria-hidden />
          <span className="flex-1 text-start">{t("sidebar.search")}</span>
          <span aria-hidden className="flex gap-1 text-muted touch:hidden">
            {SHORTCUTS.palette.keys.map((key) => (
              <Kbd key={key}>{keyName(key, t)}</Kbd>
            ))}
          </span>
        </Button>
      </li>
      <li>
        <Button asChild className={look}>
          <Link to="/artifacts/{-$artifactId}" params={{ artifactId: undefined }} search={{}} onClick={() => overlay({ drawer: false })}>
            <ShapesIcon aria-hidden />
            {t("artifacts.title")}
          </Link>
        </Button>
      </li>
      <li>
        <Button asChild className={look}>
          <Link to="/library/{-$page}" params={{ page: undefined }} search={{}} onClick={() => overlay({ drawer: false })}>
            <LibraryIcon aria-hidden />
            {t("library.title")}
          </Link>
        </Button>
      </li>
    </ul>
  );
}

/** Shows that a filter is active, with a button that resets it. */
function Filtered({ name }: { name: string }) {
  const t = useT();
  return (
    <div className="mx-2 flex shrink-0 items-center gap-1 rounded-lg bg-accent-soft">
      <IconButton label={t("sidebar.everything")} onClick={() => show(EVERYTHING)}>
        <ArrowLeftIcon className="rtl:-scale-x-100" />
      </IconButton>
      <h2 dir="auto" className="min-w-0 truncate text-sm font-medium">
        {name}
      </h2>
    </div>
  );
}

function Footer() {
  const t = useT();
  const { data: me } = useQuery(meQuery);
  const [filtering, setFiltering] = useState(false);
  return (
    <div className="relative flex shrink-0 items-center gap-1 border-t p-2">
      <Button asChild className="min-w-0 flex-1 justify-start px-2.5 font-normal">
        <Link to="/settings/{-$page}" params={{ page: undefined }} onClick={() => overlay({ drawer: false })}>
          <SettingsIcon aria-hidden />
          <Named name={me?.name}>{t("sidebar.settings")}</Named>
        </Link>
      </Button>
      <IconButton label={t("sidebar.filter")} side="top" aria-haspopup="menu" aria-expanded={filtering} data-filter onClick={() => setFiltering(true)}>
        <ListFilterIcon />
      </IconButton>
      <Suspense>{filtering && <FilterMenu onClose={() => setFiltering(false)} />}</Suspense>
    </div>
  );
}

function Named({ name, children }: { name: string | undefined; children: ReactNode }) {
  if (!name) return children;
  return (
    <span className="min-w-0 truncate">
      <span dir="auto">{name}</span> · {children}
    </span>
  );
}

/** Marks the open conversation as read while the page is visible. */
function useMarkRead(): void {
  const open = useParams({ strict: false, select: (params) => params.conversationId });
  // The page fetches it once the server has it.
  const { data: conversation } = useQuery({ ...conversationQuery(open ?? ""), enabled: false });
  useEffect(followSeen, []);
  useEffect(() => {
    if (!conversation) return;
    const see = () => document.visibilityState === "visible" && markSeen(conversation);
    see();
    document.addEventListener("visibilitychange", see);
    return () => document.removeEventListener("visibilitychange", see);
  }, [conversation]);
}
