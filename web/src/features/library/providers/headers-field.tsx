import { PlusIcon, XIcon } from "lucide-react";

import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { PlainButton } from "@/components/ui/plain-button";
import { useT } from "@/features/library/texts";
import { newId } from "@/lib/ids";

import type { EditedHeader } from "./provider-values";
import { SecretInput } from "./secret-input";

interface Props {
  /** The names of the headers that the server has; it does not return their values. */
  names: readonly string[];
  /** What replaces them; undefined keeps them. */
  headers: readonly EditedHeader[] | undefined;
  error: string | undefined;
  onChange: (headers: readonly EditedHeader[]) => void;
}

/** Additional headers: they are shown by name, and replaced as a whole. */
export function HeadersField({ names, headers, error, onChange }: Props) {
  const t = useT();
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="mb-1.5 text-sm font-medium">{t("library.provider.headers")}</legend>
      {headers === undefined && <p className="text-sm wrap-break-word text-muted">{names.join(", ")}</p>}
      {headers?.map((header, i) => (
        <HeaderFields
          key={header.key}
          header={header}
          number={i + 1}
          onChange={(changes) => onChange(headers.map((other) => (other === header ? { ...header, ...changes } : other)))}
          onRemove={() => onChange(headers.filter((other) => other !== header))}
        />
      ))}
      {error && (
        <p role="alert" className="text-xs text-danger">
          {error}
        </p>
      )}
      {headers === undefined ? (
        <Button variant="outline" size="small" className="self-start" onClick={() => onChange(names.map((name) => newHeader(name)))}>
          {t("library.provider.headers.replace")}
        </Button>
      ) : (
        <Button variant="outline" size="small" className="self-start" onClick={() => onChange([...headers, newHeader()])}>
          <PlusIcon aria-hidden /> {t("library.provider.header.add")}
        </Button>
      )}
    </fieldset>
  );
}

function newHeader(name = ""): EditedHeader {
  return { key: newId(), name, value: "" };
}

interface HeaderProps {
  header: EditedHeader;
  number: number;
  onChange: (changes: Partial<EditedHeader>) => void;
  onRemove: () => void;
}

function HeaderFields({ header: { name, value }, number, onChange, onRemove }: HeaderProps) {
  const t = useT();
  return (
    <div role="group" aria-label={t("library.provider.header.number", { number })} className="flex items-end gap-2">
      <div className="grid min-w-0 flex-1 gap-2 sm:grid-cols-2">
        <Field label={t("library.name")} quiet>
          {(ids) => <Input {...ids} required autoComplete="off" spellCheck={false} value={name} onChange={(event) => onChange({ name: event.target.value })} />}
        </Field>
        <Field label={t("library.provider.header.value")} quiet>
          {(ids) => <SecretInput {...ids} value={value} onChange={(event) => onChange({ value: event.target.value })} />}
        </Field>
      </div>
      <PlainButton label={t("library.provider.header.remove", { number })} onClick={onRemove}>
        <XIcon aria-hidden />
      </PlainButton>
    </div>
  );
}
