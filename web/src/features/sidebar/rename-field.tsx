import { useRef } from "react";

import { cn } from "@/lib/cn";

/** A name that is written in its place: Enter and going elsewhere keep it, Escape does not. */
export function RenameField({
  label,
  name,
  className,
  onDone,
}: {
  label: string;
  name: string;
  className?: string;
  /** Called once, with what the name was changed to, if it was. */
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
