import type { ComponentProps } from "react";

import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";

/** An icon button with the browser's own tooltip, for lists with very many buttons. */
export function PlainButton({ label, className, ...props }: Omit<ComponentProps<typeof Button>, "size"> & { label: string }) {
  return <Button aria-label={label} title={label} size="icon" className={cn("button-plain", className)} {...props} />;
}
