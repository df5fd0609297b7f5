/** Registers the texts of these fields; imported wherever they are used. */
import { registerTexts } from "@/i18n";
import { fields } from "@/i18n/en/fields";

registerTexts(fields);

export { useT } from "@/i18n";
