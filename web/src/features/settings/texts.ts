/** Registers the texts of the settings; imported wherever they are used. */
import { bring } from "@/i18n";
import { settings } from "@/i18n/en/settings";

bring(settings);

export { useT } from "@/i18n";
