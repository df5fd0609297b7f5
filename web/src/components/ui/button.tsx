import { Slot } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";

import { Tooltip, type Side } from "@/components/ui/tooltip";
import { cn } from "@/lib/cn";

interface ButtonProps extends ComponentProps<"button"> {
  variant?: "ghost" | "primary" | "outline" | "danger";
  size?: "normal" | "small" | "icon";
  /** Renders as its only child, such as a link. */
  asChild?: boolean;
}

export function Button({ className, variant = "ghost", size = "normal", asChild = false, ...props }: ButtonProps) {
  const Root = asChild ? Slot.Root : "button";
  const look = cn("button", `button-${variant}`, size !== "normal" && `button-${size}`, className);
  return <Root data-slot="button" type={asChild ? undefined : "button"} className={look} {...props} />;
}

/** A button with only an icon; `label` is its accessible name and its tooltip. */
export function IconButton({
  label,
  shortcut,
  side = "bottom",
  size = "icon",
  ...props
}: ButtonProps & { label: string; shortcut?: ReactNode; side?: Side }) {
  return (
    <Tooltip label={label} shortcut={shortcut} side={side}>
      <Button aria-label={label} size={size} {...props} />
    </Tooltip>
  );
}
