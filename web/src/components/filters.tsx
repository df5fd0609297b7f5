/** The filters of a list. */
import { SlidersHorizontalIcon, XIcon } from "lucide-react";
import { type ReactNode, useState } from "react";

import { Button } from "@/components/ui/button";
import { Field, Input, Select } from "@/components/ui/field";
import { cn } from "@/lib/cn";
import { useNarrow } from "@/lib/media";

interface Props {
  label: string;
  /** The button that expands them on a phone, where they are collapsed. */
  unfold?: string;
  clear: string;
  /** Undefined if no filter is set. */
  onClear: (() => void) | undefined;
  className?: string;
  children: ReactNode;
}

export function FilterBar({ label, unfold = label, clear, onClear, className, children }: Props) {
  const narrow = useNarrow();
  const [unfolded, setUnfolded] = useState(false);
  return (
    <div className="flex flex-col gap-2">
      {narrow && (
        <Button variant="outline" size="small" className="self-start" aria-expanded={unfolded} onClick={() => setUnfolded(!unfolded)}>
          <SlidersHorizontalIcon aria-hidden /> {unfold}
        </Button>
      )}
      {(!narrow || unfolded) && (
        <fieldset className={cn("grid min-w-0 grid-cols-2 items-end gap-x-2 gap-y-3 sm:grid-cols-3", className)}>
          <legend className="sr-only">{label}</legend>
          {children}
        </fieldset>
      )}
      {onClear && (
        <Button size="small" className="-ms-2.5 self-start text-muted" onClick={onClear}>
          <XIcon aria-hidden /> {clear}
        </Button>
      )}
    </div>
  );
}

export interface FilterProps<T> {
  value: T | undefined;
  onChange: (value: T | undefined) => void;
}

type Labelled = FilterProps<string> & { label: string };

/** One of several values, or any. */
export function Choose({ label, any, options, value, onChange }: Labelled & { any: string; options: readonly (readonly [string, string])[] }) {
  return (
    <Field label={label} quiet>
      {(ids) => (
        <Select {...ids} value={value ?? ""} className="w-full" onChange={(event) => onChange(event.target.value || undefined)}>
          <option value="">{any}</option>
          {options.map(([name, text]) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

/** A day, such as 2026-01-31. */
export function Day({ label, value, onChange, min, max }: Labelled & { min?: string | undefined; max?: string | undefined }) {
  return (
    <Field label={label} quiet>
      {(ids) => (
        <Input {...ids} type="date" value={value ?? ""} min={min} max={max} onChange={(event) => onChange(event.target.value || undefined)} />
      )}
    </Field>
  );
}
