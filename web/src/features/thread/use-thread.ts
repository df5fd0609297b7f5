import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";

import type { Message, Run } from "@/api/client";
import { branchesQuery } from "@/data/branches";
import { type View, prepareBranch, closeThread, readEnd, threadQuery } from "@/data/messages";
import { useOutbox } from "@/data/outbox";
import { useActiveRuns, useRunsLoaded } from "@/data/runs";
import { notice } from "@/lib/notice";

import { rowsOf } from "./rows";

const NONE: readonly never[] = [];

/** The data of a conversation view: a window into one branch, and the runs and prompts at its end. */
export function useThread({ conversationId, branch, around, exists }: {
  conversationId: string;
  branch: string | undefined;
  around: string | undefined;
  exists: boolean;
}) {
  const [view, setView] = useView(conversationId, branch, around);
  const query = useInfiniteQuery({
    ...threadQuery(conversationId, view ?? { branch: "" }),
    enabled: exists && view !== undefined,
  });
  const branches = useQuery({ ...branchesQuery(conversationId), enabled: exists }).data?.items ?? NONE;
  const prompts = useOutbox((state) => state.prompts);
  const runs = useRunsOf(conversationId);
  const idle = useRunsLoaded(({ loaded: known }) => known) && runs.length === 0;
  const items = useMemo<readonly Message[]>(() => query.data?.pages.flatMap((page) => page.items) ?? NONE, [query.data]);
  const complete = !query.hasNextPage;
  const rows = useMemo(() => {
    const own = prompts.filter((prompt) => prompt.conversationId === conversationId);
    return complete ? rowsOf(items, runs, own, view?.branch) : rowsOf(items, NONE, NONE, view?.branch);
  }, [items, runs, prompts, complete, conversationId, view?.branch]);
  const runningBranches = useMemo(() => new Set(runs.map((run) => run.branch)), [runs]);

  /** Show the end of the current branch. */
  const showEnd = useCallback(async () => {
    if (!view) return;
    await readEnd(conversationId, view.branch);
    setView({ branch: view.branch });
  }, [conversationId, view, setView]);

  return { view, query, items, rows, runs, branches, runningBranches, idle, complete, showEnd };
}

/** The current view. Another branch is shown once it is loaded, so that shared messages do not move. */
function useView(conversationId: string, branch: string | undefined, around: string | undefined) {
  const [view, setView] = useState<View | undefined>(() => (branch ? { branch, around } : undefined));
  const [previousAround, setPreviousAround] = useState(around);
  if (!view && branch) setView({ branch, around });
  if (previousAround !== around) {
    setPreviousAround(around);
    if (around && branch) setView({ branch, around });
  }
  useEffect(() => {
    if (!view || !branch || branch === view.branch) return;
    let active = true;
    prepareBranch(conversationId, view, branch)
      .catch(notice.error)
      .finally(() => active && setView({ branch }));
    return () => {
      active = false;
    };
  }, [conversationId, view, branch]);
  useEffect(() => {
    if (!view) return;
    return () => closeThread(conversationId, view);
  }, [conversationId, view]);
  return [view, setView] as const;
}

function useRunsOf(conversationId: string): readonly Run[] {
  const active = useActiveRuns();
  return useMemo(() => Object.values(active).filter((run) => run.conversation_id === conversationId), [active, conversationId]);
}
