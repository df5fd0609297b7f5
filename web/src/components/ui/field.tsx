import { Switch as RadixSwitch } from "radix-ui";
import { type ComponentProps, type ReactNode, useId } from "react";

import { cn } from "@/lib/cn";

export function Input({ className, ...props }: ComponentProps<"input">) {
  return <input className={cn("field field-line", className)} {...props} />;
}

export function TextArea({ className, ...props }: ComponentProps<"textarea">) {
  return <textarea className={cn("field field-text", className)} {...props} />;
}

export function Select({ className, ...props }: ComponentProps<"select">) {
  return <select className={cn("field field-line field-choice", className)} {...props} />;
}

/** A label above a control, and a hint below it. `children` receives the ids for the control. */
export function Field({
  label,
  hint,
  error,
  quiet = false,
  children,
}: {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  /** Makes the label less prominent. */
  quiet?: boolean;
  children: (ids: { id: string; "aria-describedby"?: string; "aria-invalid"?: boolean }) => ReactNode;
}) {
  const id = useId();
  const description = error ?? hint;
  return (
    <div className={cn("flex min-w-0 flex-col", quiet ? "gap-1" : "gap-1.5")}>
      <label htmlFor={id} className={quiet ? "text-xs text-muted" : "text-sm font-medium"}>
        {label}
      </label>
      {children({ id, ...(description ? { "aria-describedby": `${id}-hint` } : {}), ...(error ? { "aria-invalid": true } : {}) })}
      {description && (
        <p id={`${id}-hint`} className={cn("text-xs", error ? "text-danger" : "text-muted")}>
          {description}
        </p>
      )}
    </div>
  );
}

export function Switch({ className, ...props }: ComponentProps<typeof RadixSwitch.Root>) {
  return (
    <RadixSwitch.Root
      className={cn("switch", className)}
      {...props}
    >
      <RadixSwitch.Thumb className="block size-4.5 translate-x-0.5 rounded-full bg-foreground/70 transition-transform data-[state=checked]:translate-x-4.5 data-[state=checked]:bg-accent-foreground" />
    </RadixSwitch.Root>
  );
}
