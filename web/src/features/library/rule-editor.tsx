import { useState } from "react";

import type { Rule } from "@/api/client";
import { TagField } from "@/components/fields/tag-field";
import { RecordForm } from "@/components/record-form";
import { Field, Select, TextArea } from "@/components/ui/field";
import { useSaveRecord } from "@/data/resource-changes";
import { rules } from "@/data/rules";
import { useT } from "@/features/library/texts";

import { NameField } from "./name-field";
import { SwitchField } from "./switch-field";

const POSITIONS = ["before", "after", "prompt"] as const;
const NEW = { name: "", text: "", position: "after" as Rule["position"], always: false, tags: [] as readonly string[] };

/** Creates or changes a rule. */
export function RuleEditor({ record, onClose }: { record: Rule | undefined; onClose: () => void }) {
  const t = useT();
  const save = useSaveRecord(rules, record);
  const [values, setValues] = useState(() => {
    const { name, text, position, always, tags } = record ?? NEW;
    return { name, text, position, always, tags: [...tags] };
  });
  const change = (changes: Partial<typeof values>) => setValues((before) => ({ ...before, ...changes }));
  return (
    <RecordForm
      title={t(record ? "library.rules.edit" : "library.rules.new")}
      action={t(record ? "app.save" : "library.create")}
      ready={values.name.trim() !== "" && values.text.trim() !== ""}
      saving={save.isPending}
      error={save.error}
      fields={["name", "text"]}
      onSave={() => save.mutate({ ...values, name: values.name.trim() }, { onSuccess: onClose })}
      onClose={onClose}
    >
      {(errorAt) => (
        <>
          <NameField value={values.name} onChange={(name) => change({ name })} error={errorAt("/name")} />
          <Field label={t("library.rule.text")} error={errorAt("/text")}>
            {(ids) => (
              <TextArea {...ids} required rows={4} dir="auto" value={values.text} onChange={(event) => change({ text: event.target.value })} />
            )}
          </Field>
          <Field label={t("library.rule.position")}>
            {(ids) => (
              <Select {...ids} className="w-full" value={values.position} onChange={(event) => change({ position: event.target.value as Rule["position"] })}>
                {POSITIONS.map((position) => (
                  <option key={position} value={position}>
                    {t(`library.rule.position.${position}`)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <SwitchField label={t("library.rule.always")} hint={t("library.rule.always.hint")} checked={values.always} onChange={(always) => change({ always })} />
          <TagField tags={values.tags} onChange={(tags) => change({ tags })} />
        </>
      )}
    </RecordForm>
  );
}
