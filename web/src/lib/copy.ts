import { t } from "@/i18n";
import { notice } from "@/lib/notice";

/** Put a text on the clipboard, and say if that failed. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    notice.failure(t("app.copyFailed"));
    return false;
  }
}
