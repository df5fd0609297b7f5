import { useState } from "react";

import type { ApiKey } from "@/api/client";
import { RecordForm } from "@/components/record-form";
import { Field } from "@/components/ui/field";
import { apiKeys, endingOf } from "@/data/api-keys";
import { useSaveRecord } from "@/data/resource-changes";
import { useT } from "@/features/library/texts";

import { NameField } from "../name-field";
import { SecretInput } from "./secret-input";

/** Stores a key, renames it, or replaces its value. */
export function ApiKeyEditor({ record, onClose }: { record: ApiKey | undefined; onClose: () => void }) {
  const t = useT();
  const save = useSaveRecord(apiKeys, record);
  const [name, setName] = useState(record?.name ?? "");
  const [value, setValue] = useState("");
  return (
    <RecordForm
      title={t(record ? "library.api-keys.edit" : "library.api-keys.new")}
      action={t(record ? "app.save" : "library.create")}
      ready={name.trim() !== "" && (record !== undefined || value !== "")}
      saving={save.isPending}
      error={save.error}
      fields={["name", "value"]}
      className="sm:max-w-md"
      onSave={() => save.mutate({ name: name.trim(), value: value || undefined }, { onSuccess: onClose })}
      onClose={onClose}
    >
      {(errorAt) => (
        <>
          <NameField value={name} onChange={setName} error={errorAt("/name")} />
          <Field
            label={t(record ? "library.api-key.newValue" : "library.api-key.value")}
            hint={record ? t("library.api-key.keep", { ending: endingOf(record) }) : t("library.api-key.value.hint")}
            error={errorAt("/value")}
          >
            {(ids) => <SecretInput {...ids} required={!record} value={value} onChange={(event) => setValue(event.target.value)} />}
          </Field>
        </>
      )}
    </RecordForm>
  );
}
