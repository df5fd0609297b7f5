/** Registers the texts of the library; imported wherever they are used. */
import { registerTexts } from "@/i18n";
import { library } from "@/i18n/en/library";

registerTexts(library);

export { type Translate, t, useT } from "@/i18n";
