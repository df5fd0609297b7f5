import { useNavigate } from "@tanstack/react-router";
import { PencilIcon, Trash2Icon } from "lucide-react";
import { Suspense, useState } from "react";

import type { Collection } from "@/api/client";
import { IconButton } from "@/components/ui/button";
import { useDeleteCollection } from "@/data/collections";
import { useT } from "@/features/artifacts/texts";
import { lazyComponent } from "@/lib/lazy";

const CollectionDialog = lazyComponent(() => import("./collection-dialog"));

/** The name of a collection and its actions. */
export function CollectionHeader({ collection }: { collection: Collection }) {
  const t = useT();
  const navigate = useNavigate();
  const [naming, setNaming] = useState(false);
  const { mutate: remove } = useDeleteCollection();
  return (
    <div className="flex items-center gap-1">
      <h2 dir="auto" className="min-w-0 flex-1 truncate font-serif text-2xl">
        {collection.name}
      </h2>
      <IconButton label={t("artifacts.collection.rename")} onClick={() => setNaming(true)}>
        <PencilIcon />
      </IconButton>
      <IconButton
        label={t("artifacts.collection.delete")}
        onClick={() => {
          remove(collection);
          void navigate({ to: "/artifacts/{-$artifactId}", params: { artifactId: undefined }, search: {} });
        }}
      >
        <Trash2Icon />
      </IconButton>
      <Suspense>{naming && <CollectionDialog collection={collection} onClose={() => setNaming(false)} />}</Suspense>
    </div>
  );
}
