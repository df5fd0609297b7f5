import { ChevronRightIcon } from "lucide-react";
import { type ReactNode, useState } from "react";

import { cn } from "@/lib/cn";

/** A collapsible section. Its content renders when it opens. */
export function Collapsible({
  icon,
  label,
  open: initially = false,
  className,
  children,
}: {
  icon?: ReactNode;
  label: ReactNode;
  open?: boolean;
  className?: string;
  children: () => ReactNode;
}) {
  const [open, setOpen] = useState(initially);
  return (
    <details
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      className={cn("fold group/fold", className)}
    >
      <summary className="flex w-fit max-w-full cursor-pointer list-none items-center gap-2 rounded-lg py-1 pe-2 hover:text-foreground touch:min-h-11 [&_svg]:size-4 [&_svg]:shrink-0 [&::-webkit-details-marker]:hidden">
        {icon}
        <span className="truncate">{label}</span>
        <ChevronRightIcon aria-hidden className="transition-transform group-open/fold:rotate-90 rtl:-scale-x-100" />
      </summary>
      {open && <div className="mt-1 border-s-2 ps-3.5">{children()}</div>}
    </details>
  );
}
