import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import type { Collection } from "@/api/client";
import { Button } from "@/components/ui/button";
import { Dialog, DialogFooter } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { useCreateCollection, useRenameCollection } from "@/data/collections";
import { useT } from "@/features/artifacts/texts";

/** Creates or renames a collection. */
export default function CollectionDialog({ collection, onClose }: { collection?: Collection; onClose: () => void }) {
  const t = useT();
  const navigate = useNavigate();
  const { mutate: create, isPending } = useCreateCollection();
  const { mutate: rename } = useRenameCollection();
  const [name, setName] = useState(collection?.name ?? "");
  const goTo = ({ id }: Collection) => {
    onClose();
    void navigate({ to: "/artifacts/{-$artifactId}", params: { artifactId: undefined }, search: { collection: id } });
  };
  const save = () => {
    if (!name.trim()) return;
    if (!collection) return create(name.trim(), { onSuccess: goTo });
    if (name.trim() !== collection.name) rename({ collection, name: name.trim() });
    onClose();
  };
  return (
    <Dialog open onOpenChange={onClose} title={t(collection ? "artifacts.collection.rename" : "artifacts.collection.new")} className="sm:max-w-md">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <Field label={t("artifacts.collection.name")}>
          {(ids) => <Input {...ids} autoFocus maxLength={500} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <DialogFooter>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="primary" disabled={!name.trim() || isPending}>
            {t(collection ? "app.save" : "artifacts.collection.create")}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
