/** The texts of the settings come with whatever shows some of them. */
import { bring } from "@/i18n";
import { settings } from "@/i18n/en/settings";

bring(settings);

export { useT } from "@/i18n";
