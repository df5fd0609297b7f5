import { PanelLeftIcon } from "lucide-react";
import type { ReactNode } from "react";

import { IconButton } from "@/components/ui/button";
import { useT } from "@/i18n";
import { cn } from "@/lib/cn";
import { showSidebar, useSidebarShown } from "@/lib/sidebar";

/** The bar at the top of a page. It contains the button that shows the sidebar, so that the button covers nothing. */
export function PageHeader({ className, children }: { className?: string; children?: ReactNode }) {
  return (
    <header data-page-header className={cn("flex min-h-12 shrink-0 items-center gap-2 px-2", className)}>
      <SidebarButton />
      {children}
    </header>
  );
}

/** Shows the sidebar; renders nothing while the sidebar is visible. */
export function SidebarButton({ className }: { className?: string }) {
  const t = useT();
  if (useSidebarShown()) return null;
  return (
    <IconButton
      label={t("sidebar.open")}
      aria-expanded={false}
      data-sidebar-button
      {...(className ? { className } : {})}
      onClick={() => showSidebar(true)}
    >
      <PanelLeftIcon />
    </IconButton>
  );
}
