import { CheckIcon } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";

import { announce } from "@/components/announcer";
import { PlainButton } from "@/components/ui/plain-button";
import { useT } from "@/i18n";
import { copy } from "@/lib/copy";

const SHOWN = 1500;

/** Copies a text and briefly shows success. */
export function CopyButton({ label, text, icon }: { label: string; text: () => string; icon: ReactNode }) {
  const t = useT();
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), SHOWN);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <PlainButton
      label={label}
      onClick={async () => {
        if (!(await copy(text()))) return;
        setDone(true);
        announce(t("app.copied"));
      }}
    >
      {done ? <CheckIcon aria-hidden /> : icon}
    </PlainButton>
  );
}
