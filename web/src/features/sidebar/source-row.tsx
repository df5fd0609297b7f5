import { useEffect, useEffectEvent } from "react";

import { Button } from "@/components/ui/button";
import { useConnection } from "@/data/socket";
import { useT } from "@/i18n";

import { ListSkeleton } from "./list-skeleton";
import type { Source } from "./rows";

/** Loading or failed rows. */
export function SourceRow({ source: { state, load } }: { source: Source }) {
  const t = useT();
  const online = useConnection((connection) => connection.online);
  const back = useEffectEvent(() => {
    if (state === "failed") load();
  });
  useEffect(() => {
    if (online) back();
  }, [online]);
  if (state === "failed")
    return (
      <div role="alert" className="flex h-full flex-col items-start justify-center gap-1 px-4.5 text-sm text-muted">
        {t("sidebar.failed")}
        <Button size="small" variant="outline" onClick={load}>
          {t("app.retry")}
        </Button>
      </div>
    );
  return <ListSkeleton count={state === "more" ? 2 : undefined} />;
}
