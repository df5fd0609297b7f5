import { useNavigate, useSearch } from "@tanstack/react-router";

import { PageHeader } from "@/components/page-header";
import { Filters } from "@/features/search/filters";
import { Results } from "@/features/search/results";
import { SearchField } from "@/features/search/search-field";
import { useT } from "@/features/search/texts";
import { searchFilter } from "@/lib/search-filter";

/** The message search. The URL contains the query. */
export function SearchRoute() {
  const t = useT();
  const filter = useSearch({ from: "/search", select: searchFilter });
  const navigate = useNavigate({ from: "/search" });
  return (
    <>
      <title>{`${t("search.title")} · ${t("app.name")}`}</title>
      <PageHeader>
        <h1 className="px-2 font-medium">{t("search.title")}</h1>
      </PageHeader>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex max-w-3xl flex-col gap-4 px-4 pt-2 pb-[env(safe-area-inset-bottom)] sm:px-6">
          <SearchField
            label={t("search.field")}
            autoFocus
            value={filter.q ?? ""}
            onChange={(q) => void navigate({ search: (before) => searchFilter({ ...before, q }), replace: true })}
          />
          <Filters filter={filter} onChange={(changes) => void navigate({ search: (before) => searchFilter({ ...before, ...changes }) })} />
          <Results filter={filter} />
        </div>
      </div>
    </>
  );
}
