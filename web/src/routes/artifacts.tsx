import { useNavigate, useParams, useRouter, useSearch } from "@tanstack/react-router";

import { SidebarButton } from "@/components/page-header";
import { ArtifactView } from "@/features/artifacts/artifact-view";
import { ArtifactsPage } from "@/features/artifacts/artifacts-page";
import { SearchField } from "@/features/search/search-field";
import { useT } from "@/features/artifacts/texts";
import { artifactSearch } from "@/lib/artifact-search";

/** All artifacts, or one of them. */
export function ArtifactsRoute() {
  const t = useT();
  const { artifactId } = useParams({ from: "/artifacts/{-$artifactId}" });
  const search = useSearch({ from: "/artifacts/{-$artifactId}", select: artifactSearch });
  const navigate = useNavigate({ from: "/artifacts/{-$artifactId}" });
  const { history } = useRouter();
  const close = () => {
    if (history.canGoBack()) history.back();
    else void navigate({ params: { artifactId: undefined }, search });
  };
  if (artifactId)
    return (
      <div data-page-header className="flex min-h-0 flex-1 flex-col">
        <SidebarButton className="ms-2 mt-2 self-start" />
        <ArtifactView key={artifactId} id={artifactId} onClose={close} />
      </div>
    );
  return (
    <ArtifactsPage
      search={search}
      field={
        <SearchField
          label={t("artifacts.search")}
          value={search.q ?? ""}
          onChange={(q) => void navigate({ search: (before) => artifactSearch({ ...before, q }), replace: true })}
        />
      }
      onSearch={(changes) => void navigate({ search: (before) => artifactSearch({ ...before, ...changes }) })}
    />
  );
}
