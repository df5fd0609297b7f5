import { EllipsisIcon } from "lucide-react";
import type { ReactNode } from "react";

import { useT } from "@/i18n";
import { cn } from "@/lib/cn";

import type { ItemRow } from "./rows";
import { type MenuSubject, sidebar, useSidebar } from "./state";

/** The layout of a row: background, indentation and menu button. */
export function RowFrame({
  row,
  subject,
  name,
  tabbable,
  marked = false,
  target = false,
  children,
}: {
  row: ItemRow;
  subject: MenuSubject;
  name: string;
  tabbable: boolean;
  marked?: boolean;
  /** Whether it is the drop target. */
  target?: boolean;
  children: ReactNode;
}) {
  const t = useT();
  const menuOpen = useSidebar((state) => state.menu?.key === row.key);
  const renaming = useSidebar((state) => state.renaming === row.key);
  return (
    <div
      style={{ paddingInlineStart: `${row.depth * 0.875}rem` }}
      className={cn(
        "group/row mx-2 flex h-full items-center rounded-lg has-aria-[current=page]:font-medium",
        marked ? "bg-accent-soft" : "hover:bg-hover has-aria-[current=page]:bg-hover",
        !marked && menuOpen && "bg-hover",
        target && "outline-2 -outline-offset-2 outline-focus",
      )}
    >
      {children}
      {!renaming && (
        <button
          type="button"
          aria-label={t("sidebar.menu", { name })}
          aria-haspopup="menu"
          aria-expanded={menuOpen}
          tabIndex={tabbable ? 0 : -1}
          className="me-1 flex size-7 shrink-0 items-center justify-center rounded-md text-muted opacity-0 group-hover/row:opacity-100 group-focus-within/row:opacity-100 hover:text-foreground aria-expanded:opacity-100 touch:me-0 touch:size-11 touch:opacity-100"
          onClick={(event) => {
            const { left, bottom } = event.currentTarget.getBoundingClientRect();
            sidebar({ menu: { ...subject, x: left, y: bottom } });
          }}
        >
          <EllipsisIcon aria-hidden className="size-4" />
        </button>
      )}
    </div>
  );
}
