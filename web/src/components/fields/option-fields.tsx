import { Field, Input, Select } from "@/components/ui/field";
import { useT } from "@/components/fields/texts";

export type Options = Readonly<Record<string, unknown>>;

const NUMBERS = [
  { name: "temperature", min: 0, max: 2 },
  { name: "top_p", min: 0, max: 1 },
  { name: "max_tokens", min: 1, max: undefined },
  { name: "presence_penalty", min: -2, max: 2 },
  { name: "frequency_penalty", min: -2, max: 2 },
] as const;
const EFFORTS = ["low", "medium", "high"] as const;
/** The options that have a field here. */
export const OPTION_NAMES = [...NUMBERS.map(({ name }) => name), "reasoning_effort"] as const;

interface Props {
  options: Options;
  onChange: (options: Options) => void;
  /** What holds where a field is empty, by option, with where it comes from. */
  inherited?: Readonly<Record<string, string>>;
}

/** The usual options of a model. An empty field inherits; options without a field stay as they are. */
export function OptionFields({ options, onChange, inherited }: Props) {
  const t = useT();
  const set = (name: string, value: unknown) => {
    const { [name]: _, ...others } = options;
    onChange(value === undefined ? others : { ...others, [name]: value });
  };
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="mb-2 text-sm font-medium">{t("fields.options")}</legend>
      <div className="grid grid-cols-2 gap-x-3 gap-y-3 sm:grid-cols-3">
        {NUMBERS.map(({ name, min, max }) => (
          <Field key={name} label={t(`fields.options.${name}`)} hint={inherited?.[name]} quiet>
            {(ids) => (
              <Input
                {...ids}
                type="number"
                inputMode="decimal"
                min={min}
                max={max}
                step={name === "max_tokens" ? 1 : "any"}
                value={numberOf(options[name])}
                placeholder={t("fields.inherited")}
                onChange={(event) => set(name, event.target.value === "" ? undefined : Number(event.target.value))}
              />
            )}
          </Field>
        ))}
        <Field label={t("fields.options.reasoning_effort")} hint={inherited?.["reasoning_effort"]} quiet>
          {(ids) => <Effort ids={ids} value={options["reasoning_effort"]} onChange={(value) => set("reasoning_effort", value)} />}
        </Field>
      </div>
    </fieldset>
  );
}

function Effort({ ids, value, onChange }: { ids: { id: string }; value: unknown; onChange: (value: string | undefined) => void }) {
  const t = useT();
  const chosen = typeof value === "string" ? value : "";
  const other = chosen !== "" && !EFFORTS.some((effort) => effort === chosen);
  return (
    <Select {...ids} className="w-full" value={chosen} onChange={(event) => onChange(event.target.value || undefined)}>
      <option value="">{t("fields.inherited")}</option>
      {other && <option>{chosen}</option>}
      {EFFORTS.map((effort) => (
        <option key={effort} value={effort}>
          {t(`fields.effort.${effort}`)}
        </option>
      ))}
    </Select>
  );
}

function numberOf(value: unknown): number | "" {
  return typeof value === "number" ? value : "";
}
