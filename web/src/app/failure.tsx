import type { ErrorComponentProps } from "@tanstack/react-router";
import { CircleAlertIcon } from "lucide-react";

import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/state";
import { Refused } from "@/api/client";
import { NotFound } from "@/app/not-found";
import { SignIn } from "@/app/sign-in";
import { useT } from "@/i18n";
import { explain } from "@/lib/notice";

/** What is shown where a page could not be. */
export function Failure({ error, reset }: ErrorComponentProps) {
  const t = useT();
  if (error instanceof Refused && error.status === 401) return <SignIn />;
  if (error instanceof Refused && error.status === 404) return <NotFound />;
  return (
    <div role="alert" className="flex h-full items-center justify-center">
      <Empty icon={<CircleAlertIcon aria-hidden />} title={t("app.failed")}>
        <p>{explain(error)}</p>
        <Button variant="outline" onClick={reset}>
          {t("app.retry")}
        </Button>
      </Empty>
    </div>
  );
}
