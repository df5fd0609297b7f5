import type { Variable } from "@/api/client";
import { textOf, linesOf, valueOf } from "@/components/fields/variable-values";
import { useT } from "@/components/fields/texts";
import { Field, Input, Select, TextArea } from "@/components/ui/field";
import type { VariableValues } from "@/data/prompt-templates";

interface Props {
  variables: readonly Variable[];
  values: VariableValues;
  onChange: (values: VariableValues) => void;
}

/** A field for each variable of a template. */
export function VariableFields({ variables, values, onChange }: Props) {
  return variables.map((variable, i) => (
    <VariableField
      key={variable.name}
      variable={variable}
      autoFocus={i === 0}
      value={values[variable.name]}
      onChange={(value) => {
        const { [variable.name]: _, ...others } = values;
        onChange(value === undefined ? others : { ...others, [variable.name]: value });
      }}
    />
  ));
}

interface FieldProps {
  variable: Variable;
  value: unknown;
  autoFocus?: boolean;
  onChange: (value: unknown) => void;
}

function VariableField({ variable, ...input }: FieldProps) {
  const t = useT();
  const { name, help, required = false, default: standard, type } = variable;
  const notes = [
    help,
    type === "list" && t("fields.lines"),
    required && t("fields.required"),
    standard !== undefined && standard !== null && t("fields.default", { value: typeof standard === "boolean" ? t(standard ? "fields.yes" : "fields.no") : [standard].flat().join(", ") }),
  ];
  const hint = notes.filter(Boolean).join(" · ");
  return (
    <Field label={name} hint={hint || undefined}>
      {(ids) => <VariableInput {...ids} {...input} variable={variable} />}
    </Field>
  );
}

type InputProps = FieldProps & { id: string; "aria-describedby"?: string };

/** The input for a value of a variable's type; undefined is no value. */
export function VariableInput({ variable: { type = "string", required = false, choices }, value, onChange, ...ids }: InputProps) {
  const t = useT();
  const common = { ...ids, required, value: type === "list" ? undefined : textOf(value) };
  const onText = ({ target }: { target: { value: string } }) => onChange(valueOf(type, target.value));
  switch (type) {
    case "number":
      return <Input {...common} type="number" step="any" onChange={onText} />;
    case "boolean":
    case "choice": {
      const options = type === "choice" ? (choices ?? []).map((choice) => [choice, choice] as const) : ([["true", t("fields.yes")], ["false", t("fields.no")]] as const);
      return (
        <Select {...common} className="w-full" onChange={onText}>
          <option value="">{t("fields.unset")}</option>
          {options.map(([option, label]) => (
            <option key={option} value={option}>
              {label}
            </option>
          ))}
        </Select>
      );
    }
    case "list":
      return <ListInput {...common} value={value} onChange={onChange} />;
    default:
      return <TextArea {...common} rows={1} dir="auto" className="max-h-48 min-h-9 field-sizing-content touch:min-h-11" onChange={onText} />;
  }
}

/** Texts, one per line. The field keeps what is being written, such as a line that is still empty. */
function ListInput({ value, onChange, ...common }: { id: string; required: boolean; value: unknown; onChange: (value: unknown) => void }) {
  return (
    <TextArea
      {...common}
      rows={3}
      dir="auto"
      defaultValue={textOf(value)}
      onChange={(event) => {
        const lines = linesOf(event.target.value);
        onChange(lines.length > 0 ? lines : undefined);
      }}
    />
  );
}
