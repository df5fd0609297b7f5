/** Registers the texts of the settings; imported wherever they are used. */
import { registerTexts } from "@/i18n";
import { settings } from "@/i18n/en/settings";

registerTexts(settings);

export { useT } from "@/i18n";
