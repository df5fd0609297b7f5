import { useCallback, useEffect, useEffectEvent, useRef, useState } from "react";

import { type Artifact, Refused } from "@/api/client";
import { updateArtifact } from "@/data/artifacts";
import { t } from "@/features/artifacts/texts";
import { type Edit, dropEdit, keepEdit, keptEdit } from "@/lib/edits";
import { notice } from "@/lib/notice";

const PAUSE = 300;

/** The edit state of an artifact. The draft is kept until it is saved or discarded. */
export function useEdit(artifact: Artifact) {
  const [edit, setEdit] = useState<Edit | undefined>(() => keptEdit(artifact.id));
  const [saving, setSaving] = useState(false);
  const text = useRef(edit?.text ?? "");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const keep = useEffectEvent(() => {
    clearTimeout(timer.current);
    if (edit && text.current !== edit.text) keepEdit(artifact.id, { ...edit, text: text.current });
  });
  useEffect(() => {
    addEventListener("pagehide", keep);
    return () => {
      removeEventListener("pagehide", keep);
      keep();
    };
  }, []);

  const begin = (content: string) => {
    text.current = content;
    setEdit({ base: artifact.revision, text: content });
  };
  const type = useCallback(
    (typed: string) => {
      text.current = typed;
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setEdit((edit) => edit && storeEdit(artifact.id, { ...edit, text: typed })), PAUSE);
    },
    [artifact.id],
  );
  const end = () => {
    clearTimeout(timer.current);
    dropEdit(artifact.id);
    setEdit(undefined);
  };
  /** Save the draft if `expected` is still the newest revision. */
  const save = async (expected: number) => {
    setSaving(true);
    try {
      const now = await updateArtifact(artifact, { content: text.current, expect_revision: expected });
      notice.success(now.revision === expected ? t("artifacts.unchanged") : t("artifacts.saved", { number: now.revision }));
      end();
    } catch (error) {
      setEdit((edit) => edit && storeEdit(artifact.id, { ...edit, text: text.current }));
      // The refetched artifact has a newer revision, which shows the conflict.
      if (!(error instanceof Refused) || error.code !== "revision-conflict") notice.error(error);
    } finally {
      setSaving(false);
    }
  };
  return { edit, saving, begin, type, end, save };
}

function storeEdit(id: string, edit: Edit): Edit {
  keepEdit(id, edit);
  return edit;
}

export type Editing = ReturnType<typeof useEdit>;
