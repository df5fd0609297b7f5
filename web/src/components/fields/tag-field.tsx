import { useQuery } from "@tanstack/react-query";
import { XIcon } from "lucide-react";
import { useId, useState } from "react";

import { useT } from "@/components/fields/texts";
import { TagDot } from "@/components/tag-dot";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { PlainButton } from "@/components/ui/plain-button";
import { tags as library } from "@/data/tags";

const LONGEST = 100;

/** Chooses tags by name; a new name becomes a tag. */
export function TagField({ tags, hint, onChange }: { tags: readonly string[]; hint?: string | undefined; onChange: (tags: string[]) => void }) {
  const t = useT();
  const list = useId();
  const [text, setText] = useState("");
  const { data: known = [] } = useQuery(library.query());
  const add = () => {
    const tag = text.trim();
    if (tag && !tags.includes(tag)) onChange([...tags, tag]);
    setText("");
  };
  return (
    <div className="flex flex-col gap-2">
      <Field label={t("fields.tags")} hint={hint}>
        {(ids) => (
          <div className="flex gap-2">
            <Input
              {...ids}
              list={list}
              maxLength={LONGEST}
              value={text}
              onChange={(event) => setText(event.target.value)}
              onKeyDown={(event) => {
                if (event.key !== "Enter" || !text.trim()) return;
                event.preventDefault();
                add();
              }}
            />
            <Button variant="outline" disabled={!text.trim()} onClick={add}>
              {t("fields.tags.add")}
            </Button>
          </div>
        )}
      </Field>
      <datalist id={list}>
        {known.map(({ id, name }) => (
          <option key={id}>{name}</option>
        ))}
      </datalist>
      {tags.length > 0 && (
        <ul aria-label={t("fields.tags")} className="flex flex-wrap gap-1.5">
          {tags.map((tag) => (
            <li key={tag} className="flex items-center gap-1.5 rounded-full bg-hover ps-2.5 text-sm">
              <TagDot color={known.find(({ name }) => name === tag)?.color} />
              <span dir="auto" className="max-w-60 truncate">
                {tag}
              </span>
              <PlainButton label={t("fields.tags.remove", { tag })} className="rounded-full" onClick={() => onChange(tags.filter((other) => other !== tag))}>
                <XIcon aria-hidden />
              </PlainButton>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
