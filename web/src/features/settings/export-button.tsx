import { DownloadIcon } from "lucide-react";

import { Button } from "@/components/ui/button";
import { exportAddress } from "@/data/transfer";
import { useT } from "@/i18n";

export function ExportButton() {
  const t = useT();
  return (
    <Button asChild variant="outline" className="self-start">
      <a href={exportAddress()} download>
        <DownloadIcon aria-hidden />
        {t("data.export.action")}
      </a>
    </Button>
  );
}
