/** Registers the texts of the search; imported wherever they are used. */
import { bring } from "@/i18n";
import { search } from "@/i18n/en/search";

bring(search);

export { useT } from "@/i18n";
