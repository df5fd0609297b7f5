import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";

import type { Artifact } from "@/api/client";
import { PageHeader } from "@/components/page-header";
import { collectionsQuery } from "@/data/collections";
import { useT } from "@/i18n";
import type { ArtifactSearch } from "@/lib/artifact-search";

import { CollectionHeader } from "./collection-header";
import { Filters } from "./filters";
import { Grid } from "./grid";
import { SelectionBar } from "./selection-bar";
import { useListed } from "./use-listed";
import { Views } from "./views";

interface PageProps {
  search: ArtifactSearch;
  /** The search field. */
  field: ReactNode;
  onSearch: (changes: { [K in keyof ArtifactSearch]?: ArtifactSearch[K] | undefined }) => void;
}

/** All artifacts. The URL contains the filters. */
export function ArtifactsPage({ search, field, onSearch }: PageProps) {
  const t = useT();
  const { items, query } = useListed(search);
  const { data: collections } = useQuery(collectionsQuery);
  const collection = collections?.find(({ id }) => id === search.collection);
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
  const selected = (items ?? []).map(({ artifact }) => artifact).filter(({ id }) => chosen.has(id));
  const toggle = ({ id }: Artifact) => choose((before) => (before.has(id) ? new Set([...before].filter((one) => one !== id)) : new Set([...before, id])));
  const none = () => choose(new Set());
  const title = collection?.name ?? t("artifacts.title");
  return (
    <>
      <title>{`${title} · ${t("app.name")}`}</title>
      <PageHeader>
        <h1 className="px-2 font-medium">{t("artifacts.title")}</h1>
      </PageHeader>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex max-w-5xl flex-col gap-4 px-4 pt-2 pb-24 sm:px-6">
          {field}
          <Views search={search} collections={collections ?? []} />
          {collection ? <CollectionHeader collection={collection} /> : <Filters search={search} onSearch={onSearch} />}
          <Grid search={search} items={items} query={query} chosen={chosen} onToggle={toggle} />
        </div>
      </div>
      {selected.length > 0 && <SelectionBar artifacts={selected} collectionId={search.collection} onEnd={none} />}
    </>
  );
}
