import { useQuery } from "@tanstack/react-query";

import type { ErrorAt } from "@/components/record-form";
import { Field, Input, Select } from "@/components/ui/field";
import { apiKeys, endingOf } from "@/data/api-keys";
import { useT } from "@/features/library/texts";

import { type EditedProvider, NEW_KEY } from "./provider-values";
import { SecretInput } from "./secret-input";

interface Props {
  edited: EditedProvider;
  errorAt: ErrorAt;
  onChange: (changes: Partial<EditedProvider>) => void;
}

/** Chooses a key, or takes a new one. */
export function KeyField({ edited: { name, keyId, keyName, keyValue }, errorAt, onChange }: Props) {
  const t = useT();
  const { data: keys = [] } = useQuery(apiKeys.query());
  return (
    <>
      <Field label={t("library.provider.key")} error={errorAt("/api_key_id")}>
        {(ids) => (
          <Select {...ids} className="w-full" value={keyId} onChange={(event) => onChange({ keyId: event.target.value })}>
            <option value="">{t("library.provider.key.none")}</option>
            {keys.map((key) => (
              <option key={key.id} value={key.id}>
                {`${key.name} ${endingOf(key)}`}
              </option>
            ))}
            <option value={NEW_KEY}>{t("library.provider.key.new")}</option>
          </Select>
        )}
      </Field>
      {keyId === NEW_KEY && (
        <div className="grid gap-3 rounded-xl border p-3 sm:grid-cols-2">
          <Field label={t("library.api-key.value")} hint={t("library.api-key.value.hint")} error={errorAt("/new_key/value")} quiet>
            {(ids) => (
              <SecretInput
                {...ids}
                value={keyValue}
                onChange={(event) => onChange({ keyValue: event.target.value, ...(keyName === "" && { keyName: name }) })}
              />
            )}
          </Field>
          <Field label={t("library.api-key.name")} error={errorAt("/new_key/name")} quiet>
            {(ids) => <Input {...ids} dir="auto" autoComplete="off" value={keyName} onChange={(event) => onChange({ keyName: event.target.value })} />}
          </Field>
        </div>
      )}
    </>
  );
}
