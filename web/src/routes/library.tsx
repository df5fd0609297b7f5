import { useParams, useSearch } from "@tanstack/react-router";

import { LibraryPage } from "@/features/library/library-page";
import { librarySearch } from "@/lib/address-search";

export function LibraryRoute() {
  const { page } = useParams({ from: "/library/{-$page}" });
  const { deleted = false } = useSearch({ from: "/library/{-$page}", select: librarySearch });
  return <LibraryPage page={page} deleted={deleted} />;
}
