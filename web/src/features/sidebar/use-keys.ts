import type { KeyboardEvent } from "react";

import { announce } from "@/components/announcer";
import { useT } from "@/i18n";
import { overlay } from "@/lib/overlays";

import type { Actions } from "./actions";
import { type Row, isItem } from "./rows";
import { type Selection, everything, extended, toggled } from "./selection";
import { expand, sidebar, useSidebar } from "./state";
import { targetConversations } from "./use-gestures";

/** Keyboard commands for the focused row. */
export function useKeys(rows: readonly Row[], focus: (row: Row | undefined) => void, actions: Actions) {
  const t = useT();

  const step = (from: number, by: 1 | -1): Row | undefined => {
    for (let i = from + by; i >= 0 && i < rows.length; i += by) if (isItem(rows[i])) return rows[i];
    return undefined;
  };

  const select = (selection: Selection) => {
    sidebar({ selection });
    announce(t("sidebar.selection", { count: selection.ids.size }));
  };

  /** Move to a row; with Shift, select everything up to it. */
  const go = (event: KeyboardEvent, from: Row, to: Row | undefined) => {
    if (event.shiftKey && to) select(extended(useSidebar.getState().selection, rows, from.key, to.key));
    focus(to);
  };

  const onRow: Record<string, (event: KeyboardEvent, row: Row, at: number) => void> = {
    ArrowDown: (event, row, at) => go(event, row, step(at, 1)),
    ArrowUp: (event, row, at) => go(event, row, step(at, -1)),
    Home: (event, row) => go(event, row, step(-1, 1)),
    End: (event, row) => go(event, row, step(rows.length, -1)),
    PageDown: (event, row, at) => go(event, row, step(Math.min(at + 9, rows.length - 2), 1)),
    PageUp: (event, row, at) => go(event, row, step(Math.max(at - 9, 1), -1)),
    ArrowRight: (_, row, at) => {
      if (row.kind !== "project") return;
      if (row.expanded) focus(step(at, 1));
      else expand(row.project.id, true);
    },
    ArrowLeft: (_, row, at) => {
      if (row.kind === "project" && row.expanded) return expand(row.project.id, false);
      const outer = rows.slice(0, at).findLast((other) => other.kind === "project" && isItem(row) && other.depth < row.depth);
      if (isItem(row) && row.depth > 0) focus(outer);
    },
    " ": (_, row) => {
      if (row.kind === "conversation") select(toggled(useSidebar.getState().selection, row.key, row.conversation.id));
    },
    F2: (_, row) => {
      if (row.kind === "conversation" || row.kind === "project") sidebar({ renaming: row.key });
    },
    Delete: (_, row) => {
      if (row.kind === "conversation") actions.remove(targetConversations(row.conversation));
      if (row.kind === "project") overlay({ project: { remove: row.project.id } });
    },
  };

  return (event: KeyboardEvent) => {
    const key = event.target instanceof Element ? event.target.getAttribute("data-row") : null;
    const at = rows.findIndex((row) => row.key === key);
    const row = rows[at];
    if (!row || event.altKey) return;
    const all = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a";
    const act = all ? () => select(everything(rows)) : event.ctrlKey || event.metaKey ? undefined : onRow[event.key];
    if (!act) return;
    event.preventDefault();
    act(event, row, at);
  };
}
