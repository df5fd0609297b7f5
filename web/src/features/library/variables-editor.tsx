import { PlusIcon, XIcon } from "lucide-react";

import type { Variable } from "@/api/client";
import { VariableInput } from "@/components/fields/variable-fields";
import { linesOf } from "@/components/fields/variable-values";
import type { ErrorAt } from "@/components/record-form";
import { Button } from "@/components/ui/button";
import { Field, Input, Select, TextArea } from "@/components/ui/field";
import { PlainButton } from "@/components/ui/plain-button";
import { useT } from "@/features/library/texts";

/** A variable that is being edited. It has a key, because its name changes. */
export type EditedVariable = Required<Omit<Variable, "default" | "choices">> & { readonly key: string; readonly default: unknown; readonly choices: string };

const TYPES = ["string", "number", "boolean", "choice", "list"] as const;

export function editedVariable({ name, type = "string", required = false, help = "", choices = [], ...rest }: Variable): EditedVariable {
  return { key: crypto.randomUUID(), name, type, required, help, choices: choices.join("\n"), default: rest.default ?? undefined };
}

/** The variable as the server stores it: without the fields that have their default. */
export function storedVariable({ name, type, required, help, choices, default: standard }: EditedVariable) {
  return {
    name: name.trim(),
    ...(type !== "string" && { type }),
    ...(required && { required }),
    ...(standard !== undefined && { default: standard }),
    ...(help && { help }),
    ...(type === "choice" && { choices: linesOf(choices) }),
  };
}

interface Props {
  variables: readonly EditedVariable[];
  errorAt: ErrorAt;
  onChange: (variables: readonly EditedVariable[]) => void;
}

/** The declarations of a template's variables. */
export function VariablesEditor({ variables, errorAt, onChange }: Props) {
  const t = useT();
  return (
    <fieldset className="flex min-w-0 flex-col gap-3">
      <legend className="mb-2 text-sm font-medium">{t("library.prompt.variables")}</legend>
      {variables.map((variable, i) => (
        <VariableEditor
          key={variable.key}
          variable={variable}
          number={i + 1}
          error={errorAt(`/variables/${i}`)}
          onChange={(change) => onChange(variables.map((other) => (other === variable ? { ...variable, ...change } : other)))}
          onRemove={() => onChange(variables.filter((other) => other !== variable))}
        />
      ))}
      <Button variant="outline" size="small" className="self-start" onClick={() => onChange([...variables, editedVariable({ name: "" })])}>
        <PlusIcon aria-hidden /> {t("library.prompt.variable.add")}
      </Button>
    </fieldset>
  );
}

interface VariableProps {
  variable: EditedVariable;
  number: number;
  error: string | undefined;
  onChange: (change: Partial<EditedVariable>) => void;
  onRemove: () => void;
}

function VariableEditor({ variable, number, error, onChange, onRemove }: VariableProps) {
  const t = useT();
  const { name, type, required, help, choices } = variable;
  const shown: Variable = { name, type, choices: linesOf(choices) };
  return (
    <div role="group" aria-label={t("library.prompt.variable.number", { number })} className="relative grid gap-3 rounded-xl border p-3 pe-12 sm:grid-cols-2">
      <PlainButton label={t("library.prompt.variable.remove", { number })} className="absolute end-2 top-2" onClick={onRemove}>
        <XIcon aria-hidden />
      </PlainButton>
      <Field label={t("library.name")} quiet>
        {(ids) => (
          <Input {...ids} autoFocus={name === ""} required pattern="[A-Za-z_][A-Za-z0-9_]{0,63}" autoComplete="off" spellCheck={false} value={name} onChange={(event) => onChange({ name: event.target.value })} />
        )}
      </Field>
      <Field label={t("library.prompt.variable.type")} quiet>
        {(ids) => (
          <Select {...ids} className="w-full" value={type} onChange={(event) => onChange({ type: event.target.value as EditedVariable["type"], default: undefined })}>
            {TYPES.map((one) => (
              <option key={one} value={one}>
                {t(`library.prompt.variable.type.${one}`)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {type === "choice" && (
        <Field label={t("library.prompt.variable.choices")} hint={t("library.prompt.variable.choices.hint")} quiet>
          {(ids) => <TextArea {...ids} required rows={3} value={choices} onChange={(event) => onChange({ choices: event.target.value })} />}
        </Field>
      )}
      <Field label={t("library.prompt.variable.default")} quiet>
        {(ids) => <VariableInput {...ids} key={type} variable={shown} value={variable.default} onChange={(value) => onChange({ default: value })} />}
      </Field>
      <Field label={t("library.prompt.variable.help")} quiet>
        {(ids) => <Input {...ids} value={help} onChange={(event) => onChange({ help: event.target.value })} />}
      </Field>
      <label className="flex items-center gap-2.5 text-sm touch:py-2.5">
        <input type="checkbox" className="size-4 accent-accent" checked={required} onChange={(event) => onChange({ required: event.target.checked })} />
        {t("library.prompt.variable.required")}
      </label>
      {error && (
        <p role="alert" className="text-xs text-danger sm:col-span-2">
          {error}
        </p>
      )}
    </div>
  );
}
