import { type DragEvent, type MouseEvent, type PointerEvent, useRef, useState } from "react";

import type { Conversation, Project } from "@/api/client";
import { knownConversations } from "@/data/conversations";
import { mayMove } from "@/data/project-tree";
import { useUpdateProject } from "@/data/projects";

import type { Actions } from "./actions";
import type { Row } from "./rows";
import { extended, toggled } from "./selection";
import { sidebar, useSidebar } from "./state";

const LONG_PRESS = 500;
const MOVE_TOLERANCE = 10;

/** The conversations that an action applies to: the selection if it contains this one, else only this one. */
export function targetConversations(conversation: Conversation): readonly Conversation[] {
  const { ids } = useSidebar.getState().selection;
  if (!ids.has(conversation.id)) return [conversation];
  return knownConversations([...ids]);
}

/** Mouse and touch gestures on rows. */
export function useGestures(rows: readonly Row[], current: string | undefined) {
  const press = useRef({ x: 0, y: 0, timer: 0, long: false });
  const rowAt = (event: { target: EventTarget }): Row | undefined => {
    const key = event.target instanceof Element ? event.target.closest("[data-row]")?.getAttribute("data-row") : null;
    return rows.find((row) => row.key === key);
  };

  const endPress = () => window.clearTimeout(press.current.timer);

  return {
    onClickCapture(event: MouseEvent) {
      const row = rowAt(event);
      if (row?.kind !== "conversation") return;
      const { selection } = useSidebar.getState();
      const several = event.ctrlKey || event.metaKey;
      const wasLong = press.current.long;
      press.current.long = false;
      if (!several && !event.shiftKey && !wasLong && selection.ids.size === 0) return;
      event.preventDefault();
      event.stopPropagation();
      if (wasLong) return;
      const { key, conversation } = row;
      sidebar({ selection: event.shiftKey ? extended(selection, rows, current, key) : toggled(selection, key, conversation.id) });
    },
    onDoubleClick(event: MouseEvent) {
      const row = rowAt(event);
      if (event.ctrlKey || event.metaKey || event.shiftKey || useSidebar.getState().selection.ids.size > 0) return;
      if (row?.kind === "conversation" || row?.kind === "project") sidebar({ renaming: row.key });
    },
    onContextMenu(event: MouseEvent) {
      const row = rowAt(event);
      if (row?.kind !== "conversation" && row?.kind !== "project") return;
      event.preventDefault();
      if ((event.nativeEvent as globalThis.PointerEvent).pointerType === "touch" && row.kind === "conversation") return;
      const { left, bottom } = (event.target as Element).getBoundingClientRect();
      // A keyboard event has no pointer position.
      const at = event.clientX === 0 && event.clientY === 0 ? { x: left, y: bottom } : { x: event.clientX, y: event.clientY };
      const subject = row.kind === "project" ? { ...row, project: row.project } : row;
      sidebar({ menu: { ...subject, ...at } });
    },
    /** A long press starts a selection. */
    onPointerDown(event: PointerEvent) {
      press.current.long = false;
      const row = rowAt(event);
      if (event.pointerType !== "touch" || row?.kind !== "conversation") return;
      const timer = window.setTimeout(() => {
        press.current.long = true;
        sidebar(({ selection }) => ({ selection: toggled(selection, row.key, row.conversation.id) }));
      }, LONG_PRESS);
      press.current = { x: event.clientX, y: event.clientY, timer, long: false };
    },
    onPointerMove({ clientX, clientY }: PointerEvent) {
      const { x, y } = press.current;
      if (Math.hypot(clientX - x, clientY - y) > MOVE_TOLERANCE) endPress();
    },
    onPointerUp: endPress,
    onPointerCancel: endPress,
  };
}

type Dragged =
  | { readonly kind: "conversations"; readonly conversations: readonly Conversation[] }
  | { readonly kind: "project"; readonly project: Project };

/** Drag and drop onto a project, or onto the projects heading to remove from all projects. */
export function useDragging(rows: readonly Row[], projects: readonly Project[], move: Actions["move"]) {
  const { mutate: update } = useUpdateProject();
  const dragged = useRef<Dragged>(undefined);
  const [target, setTarget] = useState<string>();

  const rowOf = (event: DragEvent): Row | undefined => {
    const element = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-index]") : null;
    return element ? rows[Number(element.dataset["index"])] : undefined;
  };
  /** The project of a row; null for none, undefined if nothing can be dropped there. */
  const projectOf = (row: Row | undefined): Project | null | undefined => {
    if (row?.key === "heading:projects") return null;
    if (row?.kind === "project" || row?.kind === "all") return row.project;
    if (row?.kind !== "conversation" || row.depth === 0) return undefined;
    return projects.find(({ id }) => id === row.conversation.project_id);
  };
  /** The drop target. */
  const destination = (event: DragEvent): Project | null | undefined => {
    const onto = projectOf(rowOf(event));
    if (onto === undefined || dragged.current?.kind !== "project") return dragged.current && onto;
    return mayMove(projects, dragged.current.project.id, onto?.id ?? null) ? onto : undefined;
  };
  const end = () => {
    dragged.current = undefined;
    setTarget(undefined);
  };

  const handlers = {
    onDragStart(event: DragEvent) {
      const row = rowOf(event);
      if (row?.kind === "conversation") dragged.current = { kind: "conversations", conversations: targetConversations(row.conversation) };
      else if (row?.kind === "project") dragged.current = { kind: "project", project: row.project };
      event.dataTransfer.effectAllowed = "copyMove";
    },
    onDragOver(event: DragEvent) {
      const onto = destination(event);
      setTarget(onto === undefined ? undefined : onto ? `project:${onto.id}` : "heading:projects");
      if (onto !== undefined) event.preventDefault();
    },
    onDragLeave: () => setTarget(undefined),
    onDrop(event: DragEvent) {
      const onto = destination(event);
      if (onto === undefined || !dragged.current) return;
      event.preventDefault();
      if (dragged.current.kind === "conversations") move(dragged.current.conversations, onto);
      else update({ id: dragged.current.project.id, changes: { parent_id: onto?.id ?? null } });
      end();
    },
    onDragEnd: end,
  };
  return { handlers, target };
}
