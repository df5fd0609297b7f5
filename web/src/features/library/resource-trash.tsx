import { useQuery } from "@tanstack/react-query";
import { RotateCcwIcon, Trash2Icon } from "lucide-react";
import { type ReactNode, useState } from "react";

import { IconButton } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { Failed, Skeleton } from "@/components/ui/state";
import type { NamedRecord, Resource } from "@/data/resource";
import { restoreRecord, usePurgeRecord } from "@/data/resource-changes";
import { useT } from "@/features/library/texts";
import { useLanguage } from "@/i18n";
import { shortDate } from "@/lib/time";

interface Props<R extends NamedRecord, Values> {
  resource: Resource<R, Values>;
  icon: ReactNode;
  /** Other records that belong here. */
  further?: ReactNode;
}

/** The records in the trash: they can be restored, or permanently deleted. */
export function ResourceTrash<R extends NamedRecord, Values>({ resource, icon, further }: Props<R, Values>) {
  const t = useT();
  const { data: records, error, refetch } = useQuery(resource.query({ deleted: true }));
  if (error && !records) return <Failed error={error} onRetry={() => void refetch()} />;
  if (!records) return <Skeleton className="h-24 rounded-xl" />;
  return (
    <>
      {records.length === 0 && !further && <p className="text-sm text-muted">{t("library.trash.empty")}</p>}
      <ul aria-label={t("library.trash")} className="divide-y divide-line overflow-hidden rounded-xl border bg-raised empty:hidden">
        {records.map((record) => (
          <TrashedRecord key={record.id} resource={resource} icon={icon} record={record} />
        ))}
        {further}
      </ul>
    </>
  );
}

export function TrashedRecord<R extends NamedRecord, Values>({ resource, icon, record }: { resource: Resource<R, Values>; icon: ReactNode; record: R }) {
  const t = useT();
  const language = useLanguage();
  const { mutate: purge } = usePurgeRecord(resource);
  const [confirming, setConfirming] = useState(false);
  const { name, deleted_at: at, updated_at: changed } = record;
  return (
    <li className="flex min-h-11 items-center gap-3 ps-4 pe-2 text-sm [&>svg]:size-4 [&>svg]:shrink-0 [&>svg]:text-muted">
      {icon}
      <span dir="auto" className="min-w-0 flex-1 truncate">
        {name}
      </span>
      <span className="text-xs text-muted">{shortDate(at ?? changed, language)}</span>
      <IconButton label={t("library.trash.restore", { name })} onClick={() => void restoreRecord(resource, record)}>
        <RotateCcwIcon />
      </IconButton>
      <IconButton label={t("library.trash.purge", { name })} onClick={() => setConfirming(true)}>
        <Trash2Icon />
      </IconButton>
      <Confirm
        open={confirming}
        onOpenChange={setConfirming}
        title={t("library.trash.purge.title")}
        description={t("library.trash.purge.hint", { name })}
        action={t("app.delete")}
        onConfirm={() => purge(record)}
      />
    </li>
  );
}
