import { MessageSquareIcon, SearchXIcon, TriangleAlertIcon } from "lucide-react";

import { Refused } from "@/api/client";
import { Button } from "@/components/ui/button";
import { Empty, Skeleton } from "@/components/ui/state";
import { useT } from "@/i18n";
import { explain } from "@/lib/notice";

export function ThreadEmpty() {
  const t = useT();
  return <Empty icon={<MessageSquareIcon aria-hidden />} title={t("thread.empty")} />;
}

export function ThreadFailed({ error, onEnd, onRetry }: { error: Error; onEnd: () => void; onRetry: () => void }) {
  const t = useT();
  if (error instanceof Refused && error.status === 404)
    return (
      <Empty icon={<SearchXIcon aria-hidden />} title={t("thread.messageNotFound")}>
        <Button variant="outline" onClick={onEnd}>
          {t("thread.jumpToLatest")}
        </Button>
      </Empty>
    );
  return (
    <Empty icon={<TriangleAlertIcon aria-hidden />} title={t("thread.failed")}>
      <p>{explain(error)}</p>
      <Button variant="outline" onClick={onRetry}>
        {t("app.retry")}
      </Button>
    </Empty>
  );
}

export function ThreadSkeleton() {
  const t = useT();
  return (
    <div role="status" className="flex flex-col gap-6">
      <span className="sr-only">{t("app.loading")}</span>
      <Skeleton className="ms-auto h-11 w-2/5 rounded-3xl" />
      <div className="flex flex-col gap-3">
        <Skeleton className="h-4 w-full" />
        <Skeleton className="h-4 w-11/12" />
        <Skeleton className="h-4 w-3/5" />
      </div>
    </div>
  );
}
