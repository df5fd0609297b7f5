import { useState } from "react";

import type { Tag } from "@/api/client";
import { RecordForm } from "@/components/record-form";
import { useSaveRecord } from "@/data/resource-changes";
import { tags } from "@/data/tags";
import { useT } from "@/features/library/texts";
import { cn } from "@/lib/cn";

import { NameField } from "./name-field";

const COLORS = ["#c2410c", "#b45309", "#4d7c0f", "#0f766e", "#0369a1", "#4338ca", "#a21caf", "#be123c"];

/** Creates or changes a tag. */
export function TagEditor({ record, onClose }: { record: Tag | undefined; onClose: () => void }) {
  const t = useT();
  const save = useSaveRecord(tags, record);
  const [name, setName] = useState(record?.name ?? "");
  const [color, setColor] = useState(record?.color ?? "");
  return (
    <RecordForm
      title={t(record ? "library.tags.edit" : "library.tags.new")}
      action={t(record ? "app.save" : "library.create")}
      ready={name.trim() !== ""}
      saving={save.isPending}
      error={save.error}
      fields={["name"]}
      className="sm:max-w-md"
      onSave={() => save.mutate({ name: name.trim(), color }, { onSuccess: onClose })}
      onClose={onClose}
    >
      {(errorAt) => (
        <>
          <NameField value={name} onChange={setName} error={errorAt("/name")} maxLength={100} />
          <ColorField color={color} onChange={setColor} />
        </>
      )}
    </RecordForm>
  );
}

function ColorField({ color, onChange }: { color: string; onChange: (color: string) => void }) {
  const t = useT();
  const own = color !== "" && !COLORS.includes(color);
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-medium">{t("library.tag.color")}</legend>
      <div className="flex flex-wrap items-center gap-2">
        {["", ...COLORS].map((option) => (
          <input
            key={option}
            type="radio"
            name="color"
            aria-label={option || t("library.tag.color.none")}
            checked={option === color}
            onChange={() => onChange(option)}
            style={{ backgroundColor: option }}
            className={cn(
              "size-7 cursor-pointer appearance-none rounded-full border checked:ring-2 checked:ring-focus checked:ring-offset-2 checked:ring-offset-raised touch:size-11",
              option === "" && "bg-[linear-gradient(135deg,transparent_47%,var(--danger)_47%,var(--danger)_53%,transparent_53%)]",
            )}
          />
        ))}
        <input
          type="color"
          aria-label={t("library.tag.color.own")}
          title={t("library.tag.color.own")}
          value={color || "#888888"}
          onChange={(event) => onChange(event.target.value)}
          className={cn("h-7 w-10 cursor-pointer rounded-lg border bg-transparent p-0.5 touch:h-11", own && "ring-2 ring-focus ring-offset-2 ring-offset-raised")}
        />
      </div>
    </fieldset>
  );
}
