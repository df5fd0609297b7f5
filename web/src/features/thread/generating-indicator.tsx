import { useT } from "@/i18n";
import { cn } from "@/lib/cn";

/** Shows that a response is being generated. */
export function GeneratingIndicator({ small }: { small: boolean }) {
  const t = useT();
  return (
    <span role="img" aria-label={t("thread.generating")} className="flex h-7 items-center">
      <span aria-hidden className={cn("animate-pulse rounded-full bg-accent", small ? "size-2 opacity-60" : "size-2.5")} />
    </span>
  );
}
