/** The rows of the sidebar as one virtualised list. */
import type { Conversation, Project } from "@/api/client";
import type { ProjectNode } from "@/data/project-tree";
import { groupBy } from "@/lib/group";
import { type Period, period } from "@/lib/time";

/** The heading that a row belongs to. */
export type Section = "projects" | "pinned" | Period;

/** The loaded part of a list of conversations. */
export interface Source {
  readonly items: readonly Conversation[];
  readonly state: "loading" | "failed" | "more" | "whole";
  /** Load the next page, or retry. */
  load: () => void;
}

/** The position of a row among its siblings, for screen readers. */
interface Place {
  readonly key: string;
  readonly section: Section;
  readonly depth: number;
  readonly position: number;
  /** -1 if unknown. */
  readonly size: number;
}

export interface ProjectRow extends Place {
  readonly kind: "project";
  readonly project: Project;
  readonly expanded: boolean;
}

export interface ConversationRow extends Place {
  readonly kind: "conversation";
  readonly conversation: Conversation;
}

/** Links to a project's page if the sidebar does not show all of its conversations. */
export interface AllRow extends Place {
  readonly kind: "all";
  readonly project: Project;
}

export type ItemRow = ProjectRow | ConversationRow | AllRow;

export interface HeadingRow {
  readonly kind: "heading";
  readonly key: string;
  readonly section: Section;
}

/** Stands for rows that are not loaded. */
export interface SourceRow {
  readonly kind: "source";
  readonly key: string;
  readonly section: Section | undefined;
  readonly source: Source;
}

export type Row = HeadingRow | ItemRow | SourceRow;

export const isItem = (row: Row | undefined): row is ItemRow => row !== undefined && row.kind !== "heading" && row.kind !== "source";

/** Conversations of a project shown in the sidebar. */
export const SHOWN = 8;

/** The project rows; an expanded project is followed by its subprojects and its newest conversations. */
export function projectRows(
  nodes: readonly ProjectNode[],
  expanded: ReadonlySet<string>,
  sources: ReadonlyMap<string, Source>,
  depth = 0,
  outer = "",
): readonly Row[] {
  return nodes.flatMap(({ project, inner }, i): readonly Row[] => {
    const open = expanded.has(project.id);
    const row: ProjectRow = {
      ...place(`project:${project.id}`, depth, i, nodes.length + countShown(sources.get(outer))),
      kind: "project",
      project,
      expanded: open,
    };
    if (!open) return [row];
    const source = sources.get(project.id);
    const inside = projectRows(inner, expanded, sources, depth + 1, project.id);
    return [row, ...inside, ...(source ? ownRows(project, source, depth + 1, inner.length) : [])];
  });
}

function ownRows(project: Project, source: Source, depth: number, before: number): readonly Row[] {
  const size = before + countShown(source);
  const at = (key: string, i: number) => place(`${project.id}:${key}`, depth, before + i, size);
  const rows: Row[] = source.items
    .slice(0, SHOWN)
    .map((conversation, i) => Object.assign(at(conversation.id, i), { kind: "conversation" as const, conversation }));
  if (source.items.length > SHOWN) rows.push({ ...at("all", SHOWN), kind: "all", project });
  // No loading placeholder: it would move the rows below twice, perhaps during a drag.
  if (source.state === "failed") rows.push({ kind: "source", key: `${project.id}:source`, section: "projects", source });
  return rows;
}

function countShown(source: Source | undefined): number {
  return Math.min(source?.items.length ?? 0, SHOWN + 1);
}

function place(key: string, depth: number, index: number, size: number): Place {
  return { key, section: "projects", depth, position: index + 1, size };
}

/** The pinned conversations with their heading; empty if there are none. */
export function pinnedRows(source: Source): readonly Row[] {
  if (source.items.length === 0) return [];
  return [...group("pinned", source.items, source.state === "whole"), ...sourceRow("pinned", "pinned", source)];
}

/** Conversations grouped by their last activity. */
export function datedRows(source: Source, now: Date): readonly Row[] {
  const groups = [...groupBy(source.items, (conversation) => period(conversation.active_at, now))];
  const last = groups.at(-1)?.[0];
  return [
    ...groups.flatMap(([section, items]) => group(section, items, section !== last || source.state === "whole")),
    ...sourceRow("dated", last, source),
  ];
}

function group(section: Section, conversations: readonly Conversation[], whole: boolean): readonly Row[] {
  const size = whole ? conversations.length : -1;
  return [
    { kind: "heading", key: `heading:${section}`, section },
    ...conversations.map(
      (conversation, i): ConversationRow => ({
        kind: "conversation",
        // The key does not depend on the date, so the row keeps the focus when it moves up.
        key: `${section === "pinned" ? "pinned" : "dated"}:${conversation.id}`,
        section,
        depth: 0,
        position: i + 1,
        size,
        conversation,
      }),
    ),
  ];
}

function sourceRow(name: string, section: Section | undefined, source: Source): readonly Row[] {
  return source.state === "whole" ? [] : [{ kind: "source", key: `${name}:source`, section, source }];
}
