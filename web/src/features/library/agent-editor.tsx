import { useState } from "react";

import type { Agent } from "@/api/client";
import { ModelField } from "@/components/fields/model-field";
import { OptionFields } from "@/components/fields/option-fields";
import { RuleField } from "@/components/fields/rule-field";
import { RecordForm } from "@/components/record-form";
import { Field, TextArea } from "@/components/ui/field";
import { agents } from "@/data/agents";
import { useSaveRecord } from "@/data/resource-changes";
import { useT } from "@/features/library/texts";

import { DescriptionField, NameField } from "./name-field";

/** Creates or changes an agent. */
export function AgentEditor({ record, onClose }: { record: Agent | undefined; onClose: () => void }) {
  const t = useT();
  const save = useSaveRecord(agents, record);
  const [values, setValues] = useState(() => ({
    name: record?.name ?? "",
    description: record?.description ?? "",
    instructions: record?.instructions ?? "",
    model: record?.model ?? null,
    options: { ...record?.options },
    rules: [...(record?.rules ?? [])],
  }));
  const change = (changes: Partial<typeof values>) => setValues((before) => ({ ...before, ...changes }));
  return (
    <RecordForm
      title={t(record ? "library.agents.edit" : "library.agents.new")}
      action={t(record ? "app.save" : "library.create")}
      ready={values.name.trim() !== ""}
      saving={save.isPending}
      error={save.error}
      fields={["name", "instructions"]}
      onSave={() => save.mutate({ ...values, name: values.name.trim() }, { onSuccess: onClose })}
      onClose={onClose}
    >
      {(errorAt) => (
        <>
          <NameField value={values.name} onChange={(name) => change({ name })} error={errorAt("/name")} />
          <DescriptionField value={values.description} onChange={(description) => change({ description })} />
          <Field label={t("library.agent.instructions")} hint={t("library.agent.instructions.hint")} error={errorAt("/instructions")}>
            {(ids) => (
              <TextArea {...ids} rows={6} dir="auto" value={values.instructions} onChange={(event) => change({ instructions: event.target.value })} />
            )}
          </Field>
          <ModelField model={values.model} hint={t("library.agent.model.hint")} onChoose={(model) => change({ model })} />
          <OptionFields options={values.options} onChange={(options) => change({ options })} />
          <RuleField chosen={values.rules} onChange={(rules) => change({ rules })} />
        </>
      )}
    </RecordForm>
  );
}
