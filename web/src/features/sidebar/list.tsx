import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { MessagesSquareIcon } from "lucide-react";
import { useRef } from "react";

import { Empty } from "@/components/ui/state";
import { projectsQuery } from "@/data/projects";
import { useLanguage, useT } from "@/i18n";

import { useActions } from "./actions";
import { ConversationRow } from "./conversation-row";
import { Heading, sectionName } from "./heading";
import { AllRow, ProjectRow } from "./project-row";
import { type Row, isItem } from "./rows";
import { SourceRow } from "./source-row";
import { EVERYTHING, useSidebar } from "./state";
import { useDragging, useGestures } from "./use-gestures";
import { useKeys } from "./use-keys";
import { useRowFocus } from "./use-row-focus";
import { useRows } from "./use-rows";
import { type RowPlace, grouped, useVirtualRows } from "./use-virtual-rows";

/** The list of projects and conversations. Tab reaches one row; arrow keys move between rows. */
export default function ConversationList() {
  const t = useT();
  const language = useLanguage();
  const rows = useRows();
  const scroller = useRef<HTMLDivElement>(null);
  const open = useParams({ strict: false, select: (params) => params.conversationId });
  const { data: projects } = useQuery(projectsQuery);
  const actions = useActions();

  const focus = useRowFocus(rows, scroller, open);
  const view = useSidebar((state) => state.view);
  const shown = useVirtualRows(rows, scroller, focus.index, view);
  const goTo = (row: Row | undefined) => {
    if (!row) return;
    shown.scrollTo(rows.indexOf(row));
    focus.on(row);
  };
  const keys = useKeys(rows, goTo, actions);
  const gestures = useGestures(rows, rows.find((row) => row.kind === "conversation" && row.conversation.id === open)?.key);
  const { handlers, target } = useDragging(rows, projects ?? [], actions.move);

  const drawn = ({ index, key, start, size }: RowPlace) => {
    const row = rows[index];
    if (!row) return null;
    const tabbable = index === focus.index;
    const item = isItem(row);
    const Root = item ? "li" : "div";
    return (
      <Root
        key={key}
        data-index={index}
        {...(item && { "aria-level": row.depth + 1, "aria-posinset": row.position, "aria-setsize": row.size })}
        className="absolute inset-x-0 top-0"
        style={{ height: size, transform: `translateY(${start}px)` }}
      >
        {row.kind === "heading" && <Heading section={row.section} target={target === row.key} />}
        {row.kind === "source" && <SourceRow source={row.source} />}
        {row.kind === "all" && <AllRow row={row} tabbable={tabbable} />}
        {row.kind === "project" && <ProjectRow row={row} tabbable={tabbable} target={target === row.key} />}
        {row.kind === "conversation" && <ConversationRow row={row} tabbable={tabbable} />}
      </Root>
    );
  };

  return (
    <div
      ref={scroller}
      role="presentation"
      className="min-h-0 flex-1 overflow-y-auto overscroll-contain [scrollbar-width:thin] [overflow-anchor:none]"
      onKeyDown={keys}
      {...gestures}
      {...handlers}
      {...focus.handlers}
    >
      <div className="relative" style={{ height: shown.height }}>
        {grouped(rows, shown.items).map(({ section, items }) => (
          <div key={section ?? ""} role="group" aria-label={section && sectionName(section, t, language)}>
            {items.filter(({ index }) => !isItem(rows[index])).map(drawn)}
            <ul>{items.filter(({ index }) => isItem(rows[index])).map(drawn)}</ul>
          </div>
        ))}
      </div>
      {!rows.some((row) => row.kind === "conversation" || row.kind === "source") && <EmptyList />}
    </div>
  );
}

function EmptyList() {
  const t = useT();
  const view = useSidebar((state) => state.view);
  return (
    <Empty icon={<MessagesSquareIcon aria-hidden />} title={t("app.empty")}>
      <p>{t(view === EVERYTHING ? "sidebar.empty" : "sidebar.empty.filtered")}</p>
    </Empty>
  );
}
