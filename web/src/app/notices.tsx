import { Toaster } from "sonner";

import { usePreferences } from "@/lib/preferences";

// The library would write its styles into the page, which the page's policy does not allow.
import "sonner/dist/styles.css";

/** Where notices are shown. */
export default function Notices() {
  const theme = usePreferences((state) => state.theme);
  return <Toaster theme={theme} position="bottom-right" closeButton toastOptions={{ className: "!rounded-xl" }} />;
}
