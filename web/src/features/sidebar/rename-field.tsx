import { useRef } from "react";

import { cn } from "@/lib/cn";

/** Renames in place: Enter and blur save, Escape cancels. */
export function RenameField({
  label,
  name,
  className,
  onDone,
}: {
  label: string;
  name: string;
  className?: string;
  /** Called once, with the new name if it changed. */
  onDone: (changed: string | undefined) => void;
}) {
  const done = useRef(false);
  const finish = (text: string) => {
    if (done.current) return;
    done.current = true;
    const trimmed = text.trim();
    onDone(trimmed === "" || trimmed === name ? undefined : trimmed);
  };
  return (
    <input
      aria-label={label}
      autoFocus
      data-escape
      defaultValue={name}
      dir="auto"
      maxLength={500}
      className={cn("rename", className)}
      onFocus={(event) => event.currentTarget.select()}
      onBlur={(event) => finish(event.currentTarget.value)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.nativeEvent.isComposing) return;
        if (event.key === "Enter") finish(event.currentTarget.value);
        if (event.key === "Escape") finish(name);
      }}
    />
  );
}
