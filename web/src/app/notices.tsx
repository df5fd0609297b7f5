import { useEffect } from "react";
import { Toaster, toast } from "sonner";

import { showNotices } from "@/lib/notice";
import { usePreferences } from "@/lib/preferences";

/** Where notices are shown. */
export default function Notices() {
  const theme = usePreferences((state) => state.theme);
  useEffect(() => showNotices(toast), []);
  return (
    <Toaster theme={theme} position="top-center" offset={{ top: "3.25rem" }} closeButton toastOptions={{ className: "!rounded-xl pointer-events-auto" }} />
  );
}
