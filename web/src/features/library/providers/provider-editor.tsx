import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { Provider } from "@/api/client";
import { RecordForm } from "@/components/record-form";
import { Field, Input, Select } from "@/components/ui/field";
import { providers } from "@/data/providers";
import { useSaveRecord } from "@/data/resource-changes";
import { useT } from "@/features/library/texts";

import { NameField } from "../name-field";
import { ChosenModelsField } from "./chosen-models-field";
import { HeadersField } from "./headers-field";
import { KeyField } from "./key-field";
import { type EditedProvider, editedProvider, isComplete, providerValues } from "./provider-values";
import { PROVIDER_TYPES, type ProviderType, standardUrl, typeTitle } from "./types";

/** Creates or changes a provider, together with a new key if there is one. */
export function ProviderEditor({ record, onClose }: { record: Provider | undefined; onClose: () => void }) {
  const t = useT();
  const { data: others = [] } = useQuery(providers.query());
  const save = useSaveRecord(providers, record);
  const [edited, setEdited] = useState(() => editedProvider(record));
  const change = (changes: Partial<EditedProvider>) => setEdited((before) => ({ ...before, ...changes }));
  const changeType = (type: ProviderType) => change({ type, ...(edited.name === edited.type && { name: type }) });
  const { name, type, url, headers, chosen } = edited;
  const needsUrl = standardUrl(type) === undefined;
  return (
    <RecordForm
      title={t(record ? "library.providers.edit" : "library.providers.new")}
      action={t(record ? "app.save" : "library.create")}
      ready={isComplete(edited)}
      saving={save.isPending}
      error={save.error}
      fields={["name", "base_url", "api_key_id", "new_key/name", "new_key/value", "headers", "chosen_models"]}
      onSave={() => save.mutate(providerValues(edited, record, others), { onSuccess: onClose })}
      onClose={onClose}
    >
      {(errorAt) => (
        <>
          <Field label={t("library.provider.type")}>
            {(ids) => (
              <Select {...ids} className="w-full" value={type} onChange={(event) => changeType(event.target.value as ProviderType)}>
                {PROVIDER_TYPES.map((one) => (
                  <option key={one} value={one}>
                    {typeTitle(one, t)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <NameField
            value={name}
            onChange={(changed) => change({ name: changed })}
            hint={t("library.provider.name.hint", { name: name.trim() || "NAME" })}
            error={errorAt("/name")}
            maxLength={64}
          />
          <Field label={t("library.provider.url")} hint={t(needsUrl ? "library.provider.url.needed" : "library.provider.url.hint")} error={errorAt("/base_url")}>
            {(ids) => (
              <Input
                {...ids}
                type="url"
                inputMode="url"
                spellCheck={false}
                autoComplete="off"
                required={needsUrl}
                placeholder={standardUrl(type) ?? "https://"}
                value={url}
                onChange={(event) => change({ url: event.target.value })}
              />
            )}
          </Field>
          <KeyField edited={edited} errorAt={errorAt} onChange={change} />
          <HeadersField names={record?.header_names ?? []} headers={headers} error={errorAt("/headers")} onChange={(changed) => change({ headers: changed })} />
          <ChosenModelsField models={record?.models ?? []} chosen={chosen} error={errorAt("/chosen_models")} onChange={(changed) => change({ chosen: changed })} />
        </>
      )}
    </RecordForm>
  );
}
