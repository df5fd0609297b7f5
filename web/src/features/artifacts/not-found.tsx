import { SearchXIcon } from "lucide-react";

import type { Artifact } from "@/api/client";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/state";
import { restoreArtifacts } from "@/data/artifacts";
import { useT } from "@/features/artifacts/texts";

/** An artifact that does not exist; one that this user deleted can be restored. */
export function ArtifactNotFound({ artifact, onClose }: { artifact: Artifact | undefined; onClose: (() => void) | undefined }) {
  const t = useT();
  return (
    <div role="status" className="m-auto">
      <Empty icon={<SearchXIcon aria-hidden />} title={t("artifacts.gone")}>
        <p>{t("artifacts.gone.hint")}</p>
        <div className="flex gap-2">
          {artifact?.deleted_at && (
            <Button variant="outline" onClick={() => void restoreArtifacts([artifact])}>
              {t("app.undo")}
            </Button>
          )}
          {onClose && <Button onClick={onClose}>{t("app.close")}</Button>}
        </div>
      </Empty>
    </div>
  );
}
