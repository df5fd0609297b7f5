import { DownloadIcon, FolderMinusIcon, FolderPlusIcon, Trash2Icon, XIcon } from "lucide-react";
import { Suspense, useState } from "react";

import type { Artifact } from "@/api/client";
import { IconButton } from "@/components/ui/button";
import { deleteArtifacts } from "@/data/artifacts";
import { removeFromCollection } from "@/data/collections";
import { exportArtifacts } from "@/data/exports";
import { useT } from "@/features/artifacts/texts";
import { lazyComponent } from "@/lib/lazy";

const CollectDialog = lazyComponent(() => import("./collect-dialog"));

interface SelectionProps {
  artifacts: readonly Artifact[];
  /** The collection that is listed. */
  collectionId: string | undefined;
  onEnd: () => void;
}

/** The actions for the selection. */
export function SelectionBar({ artifacts, collectionId, onEnd }: SelectionProps) {
  const t = useT();
  const [collecting, setCollecting] = useState(false);
  const then = (act: Promise<unknown>) => void act.then(onEnd);
  return (
    <div
      role="group"
      aria-label={t("artifacts.selection")}
      className="absolute inset-x-0 bottom-4 z-20 mx-auto flex w-fit max-w-[calc(100%-2rem)] items-center gap-1 rounded-2xl border bg-raised p-1.5 shadow-lg"
    >
      <p role="status" className="px-3 text-sm">
        {t("artifacts.selected", { count: artifacts.length })}
      </p>
      <IconButton label={t("artifacts.export")} side="top" onClick={() => then(exportArtifacts(artifacts))}>
        <DownloadIcon />
      </IconButton>
      <IconButton label={t("artifacts.collection.add")} side="top" onClick={() => setCollecting(true)}>
        <FolderPlusIcon />
      </IconButton>
      {collectionId && (
        <IconButton label={t("artifacts.collection.remove")} side="top" onClick={() => then(removeFromCollection(collectionId, artifacts))}>
          <FolderMinusIcon />
        </IconButton>
      )}
      <IconButton label={t("app.delete")} side="top" className="text-danger hover:bg-danger-soft" onClick={() => then(deleteArtifacts(artifacts))}>
        <Trash2Icon />
      </IconButton>
      <IconButton label={t("artifacts.selection.clear")} side="top" onClick={onEnd}>
        <XIcon />
      </IconButton>
      <Suspense>{collecting && <CollectDialog artifacts={artifacts} onClose={() => setCollecting(false)} />}</Suspense>
    </div>
  );
}
