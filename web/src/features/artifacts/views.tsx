import { Link } from "@tanstack/react-router";
import { LibraryIcon, PlusIcon, ShapesIcon, Share2Icon, Trash2Icon } from "lucide-react";
import { type ReactNode, Suspense, useState } from "react";

import type { Collection } from "@/api/client";
import { Button } from "@/components/ui/button";
import { useT } from "@/features/artifacts/texts";
import type { ArtifactSearch } from "@/lib/artifact-search";
import { lazyComponent } from "@/lib/lazy";

const CollectionDialog = lazyComponent(() => import("./collection-dialog"));

const look =
  "flex h-8 max-w-60 items-center gap-2 rounded-full border px-3 text-sm hover:bg-hover aria-[current=page]:border-accent aria-[current=page]:bg-accent-soft touch:h-11 [&_svg]:size-4 [&_svg]:shrink-0";

/** The navigation: all artifacts, shared artifacts, trash and collections. */
export function Views({ search, collections }: { search: ArtifactSearch; collections: readonly Collection[] }) {
  const t = useT();
  const [making, make] = useState(false);
  const { view, collection } = search;
  return (
    <nav aria-label={t("artifacts.views")}>
      <ul className="flex flex-wrap gap-2">
        <View search={{}} current={!view && !collection} icon={<ShapesIcon aria-hidden />}>
          {t("artifacts.all")}
        </View>
        {collections.map(({ id, name }) => (
          <View key={id} search={{ collection: id }} current={collection === id} icon={<LibraryIcon aria-hidden />}>
            {name}
          </View>
        ))}
        <View search={{ view: "shared" }} current={view === "shared"} icon={<Share2Icon aria-hidden />}>
          {t("artifacts.shared")}
        </View>
        <View search={{ view: "trash" }} current={view === "trash"} icon={<Trash2Icon aria-hidden />}>
          {t("artifacts.trash")}
        </View>
        <li>
          <Button size="small" className="rounded-full text-muted" onClick={() => make(true)}>
            <PlusIcon aria-hidden /> {t("artifacts.collection.new")}
          </Button>
        </li>
      </ul>
      <Suspense>{making && <CollectionDialog onClose={() => make(false)} />}</Suspense>
    </nav>
  );
}

function View({ search, current, icon, children }: { search: ArtifactSearch; current: boolean; icon: ReactNode; children: ReactNode }) {
  return (
    <li className="min-w-0">
      <Link to="/artifacts/{-$artifactId}" params={{ artifactId: undefined }} search={search} aria-current={current ? "page" : undefined} activeOptions={{ exact: true }} className={look}>
        {icon}
        <span dir="auto" className="truncate">
          {children}
        </span>
      </Link>
    </li>
  );
}
