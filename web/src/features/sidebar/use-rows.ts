import { type UseInfiniteQueryResult, useInfiniteQuery, useQueries, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useEffect, useEffectEvent, useMemo, useState } from "react";

import type { Conversation, Project } from "@/api/client";
import { queryClient } from "@/data/client";
import { conversationsQuery } from "@/data/conversations";
import { ancestorsOf, projectTree } from "@/data/project-tree";
import { projectsQuery } from "@/data/projects";

import { type Row, type Source, datedRows, pinnedRows, projectRows } from "./rows";
import { EVERYTHING, expand, useSidebar } from "./state";

const PINNED = conversationsQuery({ archived: false, pinned: true });

/** All loaded rows of the sidebar. */
export function useRows(): readonly Row[] {
  const view = useSidebar((state) => state.view);
  const projects = useProjectRows();
  const pinned = useSource(useInfiniteQuery(PINNED));
  const dated = useSource(useInfiniteQuery(conversationsQuery(view === EVERYTHING ? { archived: false, pinned: false } : view)));
  const today = useToday();
  return useMemo(() => {
    const listed = datedRows(dated, today);
    return view === EVERYTHING ? [...projects, ...pinnedRows(pinned), ...listed] : listed;
  }, [view, projects, pinned, dated, today]);
}

function useProjectRows(): readonly Row[] {
  const { data: projects } = useQuery(projectsQuery);
  const { expanded, projectsShown } = useSidebar();
  useRevealProject(projects);
  const tree = useMemo(() => projectTree(projects ?? []), [projects]);
  const open = useMemo(
    () => (projectsShown ? expanded.filter((id) => projects?.some((project) => project.id === id)) : []),
    [projects, projectsShown, expanded],
  );
  const sources = useProjectSources(open);
  return useMemo(() => {
    const heading: Row = { kind: "heading", key: "heading:projects", section: "projects" };
    return projectsShown ? [heading, ...projectRows(tree, new Set(open), sources)] : [heading];
  }, [tree, open, sources, projectsShown]);
}

/** Expands the ancestors of the current project. */
function useRevealProject(projects: readonly Project[] | undefined): void {
  const shown = useParams({ strict: false, select: ({ projectId }) => projectId });
  const isKnown = projects?.some(({ id }) => id === shown) ?? false;
  const reveal = useEffectEvent((id: string) => ancestorsOf(projects ?? [], id).forEach((outer) => expand(outer.id, true)));
  useEffect(() => {
    if (shown && isKnown) reveal(shown);
  }, [shown, isKnown]);
}

/** The newest conversations of the expanded projects. */
function useProjectSources(ids: readonly string[]): ReadonlyMap<string, Source> {
  useEffect(() => {
    for (const id of ids) load(id);
  }, [ids]);
  const lists = useQueries({
    // Loaded above as pages, which `useQueries` does not support.
    queries: ids.map((id) => ({ queryKey: ofProject(id).queryKey, enabled: false })),
    combine: combined,
  });
  return useMemo(
    () => new Map(ids.map((id, i) => [id, { ...(lists[i] ?? LOADING), load: () => load(id) }])),
    [ids, lists],
  );
}

const ofProject = (id: string) => conversationsQuery({ archived: false, project_id: id });
const load = (id: string) => void queryClient.prefetchInfiniteQuery(ofProject(id));
const LOADING = { items: [] as readonly Conversation[], state: "loading" } as const;

function combined(results: readonly { data: unknown; isError: boolean }[]): readonly Omit<Source, "load">[] {
  return results.map(({ data, isError }) => {
    if (!data) return isError ? { ...LOADING, state: "failed" } : LOADING;
    const { pages } = data as { pages: readonly { items: readonly Conversation[] }[] };
    return { items: pages.flatMap(({ items }) => items), state: "whole" };
  });
}

function useSource(query: UseInfiniteQueryResult<{ pages: readonly { items: readonly Conversation[] }[] }>): Source {
  const { data, isError, isPending, hasNextPage, fetchNextPage, refetch } = query;
  const state = isError ? "failed" : isPending ? "loading" : hasNextPage ? "more" : "whole";
  return useMemo(
    () => ({
      items: data?.pages.flatMap(({ items }) => items) ?? [],
      state,
      load: () => void (data ? fetchNextPage({ cancelRefetch: false }) : refetch()),
    }),
    [data, state, fetchNextPage, refetch],
  );
}

/** A time within the current day; changes at midnight. */
function useToday(): Date {
  const [today, setToday] = useState(() => new Date());
  useEffect(() => {
    const midnight = new Date(today.getFullYear(), today.getMonth(), today.getDate() + 1);
    const timer = setTimeout(() => setToday(new Date()), midnight.getTime() - Date.now() + 1000);
    return () => clearTimeout(timer);
  }, [today]);
  return today;
}
