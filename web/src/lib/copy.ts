import { t } from "@/i18n";
import { notice } from "@/lib/notice";

/** Copy a text to the clipboard, with a notice on failure. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    notice.failure(t("app.copyFailed"));
    return false;
  }
}
