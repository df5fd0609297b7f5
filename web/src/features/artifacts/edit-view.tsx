import { Suspense, useId, useState } from "react";

import type { Artifact } from "@/api/client";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/state";
import { useT } from "@/features/artifacts/texts";
import { lazyComponent } from "@/lib/lazy";

import { DiffView } from "./diff-view";
import type { Editing } from "./use-edit";

const Editor = lazyComponent(() => import("./editor"));

/** An artifact in edit mode. */
export function EditView({ artifact, editing }: { artifact: Artifact; editing: Editing }) {
  const t = useT();
  const hint = useId();
  const { edit, saving, type, end, save } = editing;
  if (!edit) return null;
  const moved = artifact.revision > edit.base && !saving;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      {moved && <Moved artifact={artifact} editing={editing} />}
      <Suspense fallback={<Skeleton className="m-4 h-40" />}>
        <Editor
          key={edit.base}
          text={edit.text}
          language={artifact.language || artifact.type}
          label={t("artifacts.editor", { title: artifact.title })}
          describedBy={hint}
          onType={type}
          onSave={() => void save(edit.base)}
        />
      </Suspense>
      <div className="flex flex-wrap items-center justify-end gap-2 border-t px-3 py-2">
        <p id={hint} className="min-w-40 flex-1 text-xs text-muted">
          {t("artifacts.unsaved")} <span className="touch:hidden">{t("artifacts.editor.leave")}</span>
        </p>
        {!moved && (
          <>
            <Button size="small" onClick={end}>
              {t("artifacts.discard")}
            </Button>
            <Button size="small" variant="primary" disabled={saving} onClick={() => void save(edit.base)}>
              {t("artifacts.save")}
            </Button>
          </>
        )}
      </div>
    </div>
  );
}

/** Somebody else saved first: the user sees the differences and chooses. */
function Moved({ artifact, editing: { edit, saving, end, save } }: { artifact: Artifact; editing: Editing }) {
  const t = useT();
  const [seen, see] = useState(false);
  const [older] = useState(() => edit?.base ?? 1);
  return (
    <div role="alert" className="flex max-h-[60%] min-h-0 shrink-0 flex-col border-b bg-warning-soft">
      <p className="px-4 pt-3 text-sm text-warning">{t("artifacts.conflict", { number: artifact.revision })}</p>
      <div className="flex flex-wrap gap-2 px-4 py-2.5">
        <Button size="small" variant="outline" aria-expanded={seen} onClick={() => see(!seen)}>
          {t(seen ? "artifacts.conflict.hide" : "artifacts.conflict.show")}
        </Button>
        <Button size="small" variant="outline" disabled={saving} onClick={() => void save(artifact.revision)}>
          {t("artifacts.conflict.overwrite")}
        </Button>
        <Button size="small" variant="outline" onClick={end}>
          {t("artifacts.conflict.discard")}
        </Button>
      </div>
      {seen && (
        <div className="flex min-h-0 flex-col overflow-auto bg-background">
          <DiffView artifactId={artifact.id} from={older} to={artifact.revision} />
        </div>
      )}
    </div>
  );
}
