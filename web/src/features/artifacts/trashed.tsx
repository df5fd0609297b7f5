import { RotateCcwIcon, Trash2Icon } from "lucide-react";
import { useState } from "react";

import type { Artifact } from "@/api/client";
import { IconButton } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { restoreArtifacts, usePurgeArtifact } from "@/data/artifacts";
import { useT } from "@/features/artifacts/texts";
import { useLanguage } from "@/i18n";
import { shortDate } from "@/lib/time";

import { TypeIcon } from "./type-icon";

/** An artifact in the trash. */
export function TrashedArtifact({ artifact }: { artifact: Artifact }) {
  const t = useT();
  const language = useLanguage();
  const { mutate: purge } = usePurgeArtifact();
  const [confirming, setConfirming] = useState(false);
  const { title, type, deleted_at: at, updated_at: changed } = artifact;
  return (
    <li className="flex items-center gap-2 border-b py-1 text-sm last:border-b-0">
      <TypeIcon type={type} className="size-4 text-muted" />
      <span dir="auto" className="min-w-0 flex-1 truncate">
        {title}
      </span>
      <span className="text-xs text-muted">{shortDate(at ?? changed, language)}</span>
      <IconButton label={t("artifacts.trash.restore", { title })} onClick={() => void restoreArtifacts([artifact])}>
        <RotateCcwIcon />
      </IconButton>
      <IconButton label={t("artifacts.trash.purge", { title })} onClick={() => setConfirming(true)}>
        <Trash2Icon />
      </IconButton>
      <Confirm
        open={confirming}
        onOpenChange={setConfirming}
        title={t("artifacts.trash.purge.title")}
        description={t("artifacts.trash.purge.hint", { title })}
        action={t("app.delete")}
        onConfirm={() => purge(artifact)}
      />
    </li>
  );
}
