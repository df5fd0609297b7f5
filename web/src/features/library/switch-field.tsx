import { Switch } from "@/components/ui/field";

interface Props {
  label: string;
  hint: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

/** A switch beside its label. */
export function SwitchField({ label, hint, checked, onChange }: Props) {
  return (
    <div className="flex items-center justify-between gap-6">
      <div aria-hidden className="text-sm">
        <p className="font-medium">{label}</p>
        <p className="text-xs text-muted">{hint}</p>
      </div>
      <Switch aria-label={label} checked={checked} onCheckedChange={onChange} />
    </div>
  );
}
