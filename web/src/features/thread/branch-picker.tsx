import { ChevronLeftIcon, ChevronRightIcon } from "lucide-react";

import { PlainButton } from "@/components/ui/plain-button";
import { type Place, alternatives } from "@/data/tree";
import { useThreadContext } from "./thread-context";
import { useT } from "@/i18n";

/** ‹ 2/3 ›: switches between the versions of a message. */
export function BranchPicker({ place }: { place: Place }) {
  const t = useT();
  const { branches, runningBranches, actions } = useThreadContext();
  if (branches.length < 2) return null;
  const all = alternatives(branches, place, runningBranches);
  const at = all.findIndex((branch) => branch.id === place.branch);
  if (all.length < 2 || at < 0) return null;
  const go = (step: number) => {
    const to = all[at + step];
    if (to) actions.switchBranch(to.id);
  };
  return (
    <div role="group" aria-label={t("thread.versions")} className="flex items-center text-sm text-muted tabular-nums">
      <PlainButton label={t("thread.previousVersion")} aria-disabled={at === 0} className="aria-disabled:opacity-40" onClick={() => go(-1)}>
        <ChevronLeftIcon aria-hidden className="rtl:-scale-x-100" />
      </PlainButton>
      <span aria-label={t("thread.version", { number: at + 1, count: all.length })} role="img">
        {at + 1}/{all.length}
      </span>
      <PlainButton
        label={t("thread.nextVersion")}
        aria-disabled={at === all.length - 1}
        className="aria-disabled:opacity-40"
        onClick={() => go(1)}
      >
        <ChevronRightIcon aria-hidden className="rtl:-scale-x-100" />
      </PlainButton>
    </div>
  );
}
