import type { ReactNode } from "react";

import { cn } from "@/lib/cn";

interface Props {
  icon: ReactNode;
  name: string;
  detail?: string;
  badge?: string | false | null;
  /** Whether the detail is shown in full, on several lines if necessary. */
  whole?: boolean;
}

/** What a row shows: an icon, the name, and below it a detail. */
export function Summary({ icon, name, detail, badge, whole = false }: Props) {
  return (
    <>
      <span className="flex w-4 shrink-0 justify-center [&>svg]:size-4 [&>svg]:text-muted">{icon}</span>
      <span className="min-w-0 flex-1">
        <span dir="auto" className="block truncate font-medium">
          {name}
        </span>
        {detail && (
          <span dir="auto" className={cn("block text-xs text-muted", whole ? "wrap-anywhere" : "truncate")}>
            {detail}
          </span>
        )}
      </span>
      {badge && <span className="max-w-32 shrink-0 truncate rounded-full bg-accent-soft px-2 py-0.5 text-xs">{badge}</span>}
    </>
  );
}
