import { useEffect, useRef } from "react";

import type { Run } from "@/api/client";
import { announce } from "@/components/announcer";
import { modelTitle } from "@/data/models";
import { t } from "@/i18n";

/** Announces the start and the end of responses to screen readers. */
export function useAnnouncements(runs: readonly Run[]): void {
  const before = useRef<readonly Run[]>([]);
  useEffect(() => {
    const isIn = (some: readonly Run[], run: Run) => some.some(({ id }) => id === run.id);
    const started = runs.findLast((run) => !isIn(before.current, run));
    const ended = before.current.findLast((run) => !isIn(runs, run));
    before.current = runs;
    if (started) announce(t("thread.responding", { name: modelTitle(started.model, t) }));
    else if (ended) announce(t("thread.responded", { name: modelTitle(ended.model, t) }));
  }, [runs]);
}
