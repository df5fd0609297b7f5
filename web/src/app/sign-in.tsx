import { KeyRoundIcon } from "lucide-react";

import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/state";
import { useConnection } from "@/data/socket";
import { useT } from "@/i18n";

/** Explains how to sign in. */
export function SignIn() {
  const t = useT();
  const signedOut = useConnection((state) => state.signedOut);
  return (
    <main className="flex h-full items-center justify-center">
      <Empty icon={<KeyRoundIcon aria-hidden />} title={t(signedOut ? "signin.out" : "signin.title")}>
        <p>{t("signin.how")}</p>
        <p>{t("signin.newLink")}</p>
        <code className="rounded-lg bg-surface px-3 py-2 text-foreground">hansard link</code>
        <Button variant="primary" onClick={() => location.reload()}>
          {t("signin.reload")}
        </Button>
      </Empty>
    </main>
  );
}
