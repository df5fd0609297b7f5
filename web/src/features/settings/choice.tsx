import { ToggleGroup } from "radix-ui";
import type { ReactNode } from "react";

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; label: ReactNode }[];
  onChange: (value: T) => void;
}

/** A choice of a few visible options. */
export function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={label}
      value={value}
      onValueChange={(chosen) => chosen && onChange(chosen as T)}
      className="flex rounded-lg border bg-surface p-0.5"
    >
      {options.map((option) => (
        <ToggleGroup.Item
          key={option.value}
          value={option.value}
          className="flex h-8 items-center gap-2 rounded-md px-3 text-sm text-muted touch:h-11 data-[state=on]:bg-raised data-[state=on]:text-foreground data-[state=on]:shadow-sm [&_svg]:size-4"
        >
          {option.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
