import { type VariantProps, cva } from "class-variance-authority";
import { Slot } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";

import { Hint, type Side } from "@/components/ui/hint";
import { cn } from "@/lib/cn";

const styles = cva(
  "inline-flex shrink-0 items-center justify-center gap-2 rounded-lg text-sm font-medium whitespace-nowrap transition-colors select-none disabled:pointer-events-none disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        primary: "bg-accent text-accent-foreground hover:bg-accent/90",
        outline: "border border-line bg-raised hover:bg-hover",
        ghost: "hover:bg-hover aria-expanded:bg-hover",
        danger: "bg-danger text-background hover:bg-danger/90",
        link: "text-accent underline-offset-4 hover:underline",
      },
      size: {
        normal: "h-9 px-3.5 touch:h-11",
        small: "h-8 px-2.5 text-[0.8125rem] touch:h-11",
        icon: "size-8 touch:size-11",
      },
    },
    defaultVariants: { variant: "ghost", size: "normal" },
  },
);

type ButtonProps = ComponentProps<"button"> & VariantProps<typeof styles> & { asChild?: boolean };

export function Button({ className, variant, size, asChild = false, ...props }: ButtonProps) {
  const Root = asChild ? Slot.Root : "button";
  return <Root data-slot="button" type={asChild ? undefined : "button"} className={cn(styles({ variant, size }), className)} {...props} />;
}

/** A button that shows a picture alone; `label` is its name, and its tooltip. */
export function IconButton({
  label,
  shortcut,
  side = "bottom",
  size = "icon",
  ...props
}: ButtonProps & { label: string; shortcut?: ReactNode; side?: Side }) {
  return (
    <Hint label={label} shortcut={shortcut} side={side}>
      <Button aria-label={label} size={size} {...props} />
    </Hint>
  );
}
