import { useQuery } from "@tanstack/react-query";
import { PlusIcon, XIcon } from "lucide-react";
import { useId, useState } from "react";

import type { Conversation } from "@/api/client";
import { TagDot } from "@/components/tag-dot";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Input } from "@/components/ui/field";
import { knownConversations } from "@/data/conversations";
import { tags as resource } from "@/data/tags";
import { useT } from "@/i18n";

import { useActions } from "./actions";

const MAX = 100;

/** Adds and removes tags. A tag that only some conversations have can be added to the others. */
export function TagsDialog({ conversations, onClose }: { conversations: readonly Conversation[]; onClose: () => void }) {
  const t = useT();
  const { tag: give } = useActions();
  const id = useId();
  const [text, setText] = useState("");
  const { data: known = [] } = useQuery(resource.query());
  const now = knownConversations(conversations.map((conversation) => conversation.id));
  const [counts, setCounts] = useState(() => counted(now));
  const set = (tag: string, whole: boolean) => {
    give(now, tag, whole);
    setCounts((before) => new Map(before).set(tag, whole ? now.length : 0));
  };
  const tags = [...counts].filter(([, count]) => count > 0);
  return (
    <Dialog open onOpenChange={onClose} title={t("sidebar.tags.of", { count: now.length })}>
      {tags.length > 0 && (
        <ul className="flex flex-wrap gap-1.5" aria-label={t("sidebar.tags.title")}>
          {tags.map(([tag, count]) => (
            <li key={tag} className="flex items-center gap-2 rounded-lg bg-accent-soft ps-2.5 text-sm">
              <TagDot color={known.find(({ name }) => name === tag)?.color} />
              <span dir="auto" className="max-w-60 truncate">
                {tag}
              </span>
              {count < now.length && (
                <Button size="small" aria-label={t("sidebar.tags.addToAll", { tag })} onClick={() => set(tag, true)}>
                  <PlusIcon aria-hidden />
                  {count}/{now.length}
                </Button>
              )}
              <Button size="icon" aria-label={t("sidebar.tags.remove", { tag })} onClick={() => set(tag, false)}>
                <XIcon aria-hidden />
              </Button>
            </li>
          ))}
        </ul>
      )}
      <form
        className="flex gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          const tag = text.trim();
          if (tag) set(tag, true);
          setText("");
        }}
      >
        <Input
          autoFocus
          aria-label={t("sidebar.tags.new")}
          placeholder={t("sidebar.tags.new")}
          maxLength={MAX}
          list={id}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <datalist id={id}>
          {known.map(({ id: key, name }) => (
            <option key={key}>{name}</option>
          ))}
        </datalist>
        <Button type="submit" variant="outline">
          {t("sidebar.tags.add")}
        </Button>
      </form>
    </Dialog>
  );
}

function counted(conversations: readonly Conversation[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const tag of conversations.flatMap(({ tags }) => tags)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return counts;
}
