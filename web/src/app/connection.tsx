import { CloudOffIcon } from "lucide-react";

import { useConnection } from "@/data/socket";
import { useT } from "@/i18n";

/** A banner while the server is unreachable. */
export function Connection() {
  const t = useT();
  const online = useConnection((state) => state.online);
  return (
    <div role="status">
      {!online && (
        <p className="flex items-center justify-center gap-2 bg-warning-soft px-4 py-1.5 text-center text-sm text-warning">
          <CloudOffIcon aria-hidden className="size-4 shrink-0" />
          {t("app.offline")}
        </p>
      )}
    </div>
  );
}
