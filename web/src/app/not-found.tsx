import { Link } from "@tanstack/react-router";
import { SearchXIcon } from "lucide-react";

import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/state";
import { useT } from "@/i18n";

export function NotFound() {
  const t = useT();
  return (
    <div className="flex h-full items-center justify-center">
      <Empty icon={<SearchXIcon aria-hidden />} title={t("app.notFound")}>
        <p>{t("app.notFound.hint")}</p>
        <Button asChild variant="outline">
          <Link to="/">{t("app.home")}</Link>
        </Button>
      </Empty>
    </div>
  );
}
