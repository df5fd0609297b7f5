import { useEffect } from "react";
import { Toaster, toast } from "sonner";

import { showNotices } from "@/lib/notice";
import { usePreferences } from "@/lib/preferences";

/** Above the message field, and clear of the titles and tabs at the top of a page. */
const BOTTOM = { bottom: "8.25rem" };

/** Renders the notices. */
export default function Notices() {
  const theme = usePreferences((state) => state.theme);
  useEffect(() => showNotices(toast), []);
  return (
    <Toaster
      theme={theme}
      position="bottom-center"
      offset={BOTTOM}
      mobileOffset={BOTTOM}
      closeButton
      toastOptions={{ className: "!rounded-xl pointer-events-auto" }}
    />
  );
}
