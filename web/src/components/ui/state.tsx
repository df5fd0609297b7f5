/** Loading, empty and error states. */
import { CircleAlertIcon, LoaderCircleIcon } from "lucide-react";
import type { ReactNode } from "react";

import { useT } from "@/i18n";
import { cn } from "@/lib/cn";
import { explain } from "@/lib/notice";

import { Button } from "./button";

export function Spinner({ className }: { className?: string }) {
  const t = useT();
  return (
    <span role="status" className="inline-flex">
      <LoaderCircleIcon aria-hidden className={cn("size-4 animate-spin text-muted", className)} />
      <span className="sr-only">{t("app.loading")}</span>
    </span>
  );
}

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={cn("skeleton", className)} />;
}

export function Empty({ icon, title, children }: { icon?: ReactNode; title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center justify-center gap-3 px-6 py-12 text-center [&>svg]:size-8 [&>svg]:text-muted">
      {icon}
      <p className="font-medium">{title}</p>
      {children && <div className="flex max-w-sm flex-col items-center gap-3 text-sm text-muted">{children}</div>}
    </div>
  );
}

/** A loading error. `onRetry` adds a button. */
export function Failed({ error, title, onRetry }: { error: unknown; title?: string; onRetry?: (() => void) | undefined }) {
  const t = useT();
  return (
    <div role="alert" className="m-auto">
      <Empty icon={<CircleAlertIcon aria-hidden />} title={title ?? t("app.failed")}>
        <p>{explain(error)}</p>
        {onRetry && (
          <Button variant="outline" onClick={onRetry}>
            {t("app.retry")}
          </Button>
        )}
      </Empty>
    </div>
  );
}

export function Kbd({ children }: { children: ReactNode }) {
  return (
    <kbd className="inline-flex min-w-5 items-center justify-center rounded border border-current/25 px-1 font-sans text-[0.6875rem]">
      {children}
    </kbd>
  );
}
