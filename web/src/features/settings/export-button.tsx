import { DownloadIcon } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { exportAll } from "@/data/exports";
import { useT } from "@/features/settings/texts";

export function ExportButton() {
  const t = useT();
  const [busy, setBusy] = useState(false);
  const start = () => {
    setBusy(true);
    void exportAll().finally(() => setBusy(false));
  };
  return (
    <Button variant="outline" className="self-start" disabled={busy} onClick={start}>
      <DownloadIcon aria-hidden />
      {t("data.export.action")}
    </Button>
  );
}
