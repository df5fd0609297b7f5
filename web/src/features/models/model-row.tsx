import { CheckIcon, StarIcon } from "lucide-react";

import type { Model } from "@/api/client";
import { IconButton } from "@/components/ui/button";
import { modelDescription, modelTitle } from "@/data/models";
import { tokenCount } from "@/features/models/grouping";
import { useLanguage, useT } from "@/i18n";
import { cn } from "@/lib/cn";

/** A model in a list; selects one, or toggles one of several. */
export function ModelRow({
  model,
  standard,
  chosen,
  several,
  full,
  favourite,
  onChoose,
  onLike,
}: {
  model: Model;
  /** Whether it is the default. */
  standard: boolean;
  chosen: boolean;
  several: boolean;
  /** Whether the maximum number is selected. */
  full: boolean;
  favourite: boolean;
  onChoose: () => void;
  onLike: () => void;
}) {
  const t = useT();
  const language = useLanguage();
  const title = modelTitle(model.name, t);
  const description = modelDescription(model, t);
  return (
    <li className="group flex items-center rounded-lg hover:bg-hover focus-within:bg-hover">
      <button
        type="button"
        data-row
        {...(several ? { role: "checkbox", "aria-checked": chosen } : { "aria-pressed": chosen })}
        disabled={several && full && !chosen}
        onClick={onChoose}
        className="flex min-w-0 flex-1 items-center gap-2.5 rounded-lg px-2.5 py-1.5 text-start text-sm disabled:opacity-50 touch:py-2.5"
      >
        <span
          aria-hidden
          className={cn(
            "flex size-4 shrink-0 items-center justify-center rounded",
            several && (chosen ? "border border-accent bg-accent text-accent-foreground" : "border border-muted"),
          )}
        >
          {chosen && <CheckIcon className="size-3.5" />}
        </span>
        <span className="min-w-0 flex-1">
          <span className="flex items-baseline gap-2">
            <span className="truncate font-medium">{title}</span>
            {standard && <span className="shrink-0 text-xs text-muted">{t("models.default")}</span>}
          </span>
          <span className="flex gap-2 text-xs text-muted">
            {description && <span className="min-w-0 truncate">{description}</span>}
            <span className="shrink-0">{t("models.context", { tokens: tokenCount(model.context_tokens, language) })}</span>
          </span>
        </span>
      </button>
      <IconButton
        label={t("models.favourite", { name: title })}
        side="right"
        aria-pressed={favourite}
        className={cn(
          "mx-1 text-muted",
          !favourite && "opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 touch:opacity-100",
        )}
        onClick={onLike}
      >
        <StarIcon className={cn(favourite && "fill-current text-accent")} />
      </IconButton>
    </li>
  );
}
