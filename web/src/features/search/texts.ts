/** Registers the texts of the search; imported wherever they are used. */
import { registerTexts } from "@/i18n";
import { search } from "@/i18n/en/search";

registerTexts(search);

export { useT } from "@/i18n";
