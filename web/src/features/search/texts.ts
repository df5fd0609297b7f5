/** The texts of the search come with whatever shows some of them. */
import { bring } from "@/i18n";
import { search } from "@/i18n/en/search";

bring(search);

export { useT } from "@/i18n";
