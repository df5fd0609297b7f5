import { useState } from "react";

import type { PromptTemplate } from "@/api/client";
import { RuleField } from "@/components/fields/rule-field";
import { TagField } from "@/components/fields/tag-field";
import { linesOf } from "@/components/fields/variable-values";
import { FormBody } from "@/components/record-form";
import { Field, TextArea } from "@/components/ui/field";
import { promptTemplates } from "@/data/prompt-templates";
import { useSaveRecord } from "@/data/resource-changes";
import { useT } from "@/features/library/texts";

import { DescriptionField, NameField } from "./name-field";
import { SwitchField } from "./switch-field";
import { VariablesEditor, editedVariable, storedVariable } from "./variables-editor";

interface Props {
  template: PromptTemplate | undefined;
  /** The agent whose task it is, if any. */
  agentId: string | null;
  onClose: () => void;
}

/** The fields of a template. */
export function PromptForm({ template, agentId, onClose }: Props) {
  const t = useT();
  const save = useSaveRecord(promptTemplates, template);
  const [values, setValues] = useState(() => ({
    name: template?.name ?? "",
    description: template?.description ?? "",
    body: template?.body ?? "",
    variables: (template?.variables ?? []).map(editedVariable),
    rules: [...(template?.rules ?? [])],
    tags: [...(template?.tags ?? [])],
    followUps: (template?.follow_ups ?? []).join("\n"),
    public: template?.public ?? false,
  }));
  const change = (changes: Partial<typeof values>) => setValues((before) => ({ ...before, ...changes }));
  const submit = () => {
    const { variables, followUps, ...fields } = values;
    const body = { ...fields, name: fields.name.trim(), agent_id: agentId, variables: variables.map(storedVariable), follow_ups: linesOf(followUps) };
    save.mutate(body, { onSuccess: onClose });
  };
  return (
    <FormBody
      action={t(template ? "app.save" : "library.create")}
      ready={values.name.trim() !== "" && values.body.trim() !== ""}
      saving={save.isPending}
      error={save.error}
      fields={["name", "body", "variables"]}
      onSave={submit}
      onClose={onClose}
    >
      {(errorAt) => (
        <>
          <NameField value={values.name} onChange={(name) => change({ name })} error={errorAt("/name")} />
          <DescriptionField value={values.description} onChange={(description) => change({ description })} />
          <Field label={t("library.prompt.body")} hint={t("library.prompt.body.hint")} error={errorAt("/body")}>
            {(ids) => (
              <TextArea {...ids} required rows={6} dir="auto" className="font-mono" value={values.body} onChange={(event) => change({ body: event.target.value })} />
            )}
          </Field>
          <VariablesEditor variables={values.variables} errorAt={errorAt} onChange={(variables) => change({ variables: [...variables] })} />
          <RuleField chosen={values.rules} onChange={(rules) => change({ rules })} />
          <TagField tags={values.tags} onChange={(tags) => change({ tags })} />
          <Field label={t("library.prompt.followUps")} hint={t("library.prompt.followUps.hint")}>
            {(ids) => <TextArea {...ids} rows={2} dir="auto" className="min-h-16" value={values.followUps} onChange={(event) => change({ followUps: event.target.value })} />}
          </Field>
          {agentId === null && (
            <SwitchField label={t("library.prompt.public")} hint={t("library.prompt.public.hint")} checked={values.public} onChange={(now) => change({ public: now })} />
          )}
        </>
      )}
    </FormBody>
  );
}
