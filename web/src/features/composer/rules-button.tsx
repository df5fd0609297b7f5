import { ScaleIcon } from "lucide-react";
import { Suspense, useRef, useState } from "react";

import { IconButton } from "@/components/ui/button";
import { useT } from "@/i18n";
import type { Choices } from "@/lib/drafts";
import { lazyComponent } from "@/lib/lazy";

import { withRules } from "./choices";

const RulesMenu = lazyComponent(() => import("@/features/composer/rules-menu"));

/** Chooses rules for one message. */
export function RulesButton({ choices, onChange }: { choices: Choices; onChange: (choices: Choices) => void }) {
  const t = useT();
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  return (
    <span className="relative shrink-0">
      <IconButton ref={button} label={t("composer.rules")} side="top" className="text-muted" aria-haspopup="menu" aria-expanded={open} onClick={() => setOpen(true)}>
        <ScaleIcon />
      </IconButton>
      <Suspense>
        {open && (
          <RulesMenu
            chosen={choices.rules ?? []}
            onChange={(rules) => onChange(withRules(choices, rules))}
            onClose={() => setOpen(false)}
            onClosed={() => button.current?.focus()}
          />
        )}
      </Suspense>
    </span>
  );
}
