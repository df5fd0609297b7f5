import { useQuery } from "@tanstack/react-query";
import { LibraryIcon } from "lucide-react";
import { useState } from "react";

import type { Artifact, Collection } from "@/api/client";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Input } from "@/components/ui/field";
import { Skeleton } from "@/components/ui/state";
import { addToCollection, collectionsQuery, useCreateCollection } from "@/data/collections";
import { useT } from "@/features/artifacts/texts";

/** Adds artifacts to an existing or a new collection. */
export default function CollectDialog({ artifacts, onClose }: { artifacts: readonly Artifact[]; onClose: () => void }) {
  const t = useT();
  const { data } = useQuery(collectionsQuery);
  const { mutate: create, isPending } = useCreateCollection();
  const [name, setName] = useState("");
  const add = (collection: Collection) => {
    onClose();
    void addToCollection(collection, artifacts);
  };
  return (
    <Dialog open onOpenChange={onClose} title={t("artifacts.collection.add")} className="sm:max-w-md">
      {!data && <Skeleton className="h-20" />}
      {data?.length === 0 && <p className="text-sm text-muted">{t("artifacts.collection.none")}</p>}
      {data && data.length > 0 && (
        <ul aria-label={t("artifacts.collections")} className="-mx-2 flex max-h-72 min-h-0 flex-col overflow-y-auto">
          {data.map((collection) => (
            <li key={collection.id}>
              <Button className="w-full justify-start font-normal" onClick={() => add(collection)}>
                <LibraryIcon aria-hidden />
                <span dir="auto" className="min-w-0 truncate">
                  {collection.name}
                </span>
              </Button>
            </li>
          ))}
        </ul>
      )}
      <form
        className="flex gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) create(name.trim(), { onSuccess: add });
        }}
      >
        <Input aria-label={t("artifacts.collection.name")} placeholder={t("artifacts.collection.new")} maxLength={500} value={name} onChange={(event) => setName(event.target.value)} />
        <Button type="submit" variant="outline" disabled={!name.trim() || isPending}>
          {t("artifacts.collection.create")}
        </Button>
      </form>
    </Dialog>
  );
}
