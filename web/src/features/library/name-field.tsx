import { Field, Input } from "@/components/ui/field";
import { useT } from "@/features/library/texts";

interface Props {
  value: string;
  onChange: (value: string) => void;
  hint?: string;
  error: string | undefined;
  maxLength?: number;
}

/** The name of a record, which no other one has. */
export function NameField({ value, onChange, hint, error, maxLength = 500 }: Props) {
  const t = useT();
  return (
    <Field label={t("library.name")} hint={hint} error={error}>
      {(ids) => <Input {...ids} autoFocus required dir="auto" maxLength={maxLength} value={value} onChange={(event) => onChange(event.target.value)} />}
    </Field>
  );
}

/** What a record is for. */
export function DescriptionField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const t = useT();
  return (
    <Field label={t("library.description")} hint={t("library.description.hint")}>
      {(ids) => <Input {...ids} dir="auto" value={value} onChange={(event) => onChange(event.target.value)} />}
    </Field>
  );
}
