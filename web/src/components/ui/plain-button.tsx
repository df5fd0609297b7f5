import type { ComponentProps } from "react";

import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";

/** A button that shows a picture alone, where there are so many that each can have but the browser's own tooltip. */
export function PlainButton({ label, className, ...props }: Omit<ComponentProps<typeof Button>, "size"> & { label: string }) {
  return <Button aria-label={label} title={label} size="icon" className={cn("button-plain", className)} {...props} />;
}
