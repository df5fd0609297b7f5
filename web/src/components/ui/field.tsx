import { Switch as RadixSwitch } from "radix-ui";
import { type ComponentProps, type ReactNode, useId } from "react";

import { cn } from "@/lib/cn";

const box =
  "w-full rounded-lg border border-line bg-raised px-3 text-sm outline-offset-0 focus-visible:outline-2 disabled:opacity-50";

export function Input({ className, ...props }: ComponentProps<"input">) {
  return <input className={cn(box, "h-9 touch:h-11 touch:text-base", className)} {...props} />;
}

export function TextArea({ className, ...props }: ComponentProps<"textarea">) {
  return <textarea className={cn(box, "min-h-24 py-2 touch:text-base", className)} {...props} />;
}

export function Select({ className, ...props }: ComponentProps<"select">) {
  return <select className={cn(box, "h-9 w-auto pr-8 touch:h-11 touch:text-base", className)} {...props} />;
}

/** A label above a control, and a hint below it. The control gets the ids from `children`. */
export function Field({
  label,
  hint,
  error,
  children,
}: {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  children: (ids: { id: string; "aria-describedby"?: string; "aria-invalid"?: boolean }) => ReactNode;
}) {
  const id = useId();
  const told = error ?? hint;
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children({ id, ...(told ? { "aria-describedby": `${id}-hint` } : {}), ...(error ? { "aria-invalid": true } : {}) })}
      {told && (
        <p id={`${id}-hint`} className={cn("text-xs", error ? "text-danger" : "text-muted")}>
          {told}
        </p>
      )}
    </div>
  );
}

export function Switch({ className, ...props }: ComponentProps<typeof RadixSwitch.Root>) {
  return (
    <RadixSwitch.Root
      className={cn(
        "relative h-6 w-10 shrink-0 rounded-full border border-muted/60 bg-hover transition-colors data-[state=checked]:border-accent data-[state=checked]:bg-accent",
        className,
      )}
      {...props}
    >
      <RadixSwitch.Thumb className="block size-4.5 translate-x-0.5 rounded-full bg-foreground/70 transition-transform data-[state=checked]:translate-x-4.5 data-[state=checked]:bg-accent-foreground" />
    </RadixSwitch.Root>
  );
}
