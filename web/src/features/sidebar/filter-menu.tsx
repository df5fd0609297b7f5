import { useQuery } from "@tanstack/react-query";

import { TagDot } from "@/components/tag-dot";
import { Menu, MenuContent, MenuLabel, MenuRadioGroup, MenuRadioItem, MenuSeparator, MenuTrigger } from "@/components/ui/menu";
import { tags as resource } from "@/data/tags";
import { useT } from "@/i18n";

import { EVERYTHING, show, useSidebar } from "./state";

/** The menu that filters the list. */
export default function FilterMenu({ onClose }: { onClose: () => void }) {
  const t = useT();
  const view = useSidebar((state) => state.view);
  const { data: tags = [] } = useQuery(resource.query());
  return (
    <Menu open onOpenChange={onClose}>
      <MenuTrigger asChild>
        <span aria-hidden className="absolute end-0 top-0 size-0" />
      </MenuTrigger>
      <MenuContent
        side="top"
        align="end"
        onCloseAutoFocus={(event) => {
          event.preventDefault();
          document.querySelector<HTMLElement>("[data-filter]")?.focus();
        }}
      >
        <MenuRadioGroup value={nameOf(view.tag, view.archived)}>
          <MenuRadioItem value="all" onSelect={() => show(EVERYTHING)}>
            {t("sidebar.everything")}
          </MenuRadioItem>
          <MenuRadioItem value="archived" onSelect={() => show({ archived: true })}>
            {t("sidebar.archive.title")}
          </MenuRadioItem>
          {tags.length > 0 && (
            <>
              <MenuSeparator />
              <MenuLabel>{t("sidebar.tags.title")}</MenuLabel>
            </>
          )}
          {tags.map(({ id, name, color }) => (
            <MenuRadioItem key={id} value={nameOf(name, false)} onSelect={() => show({ archived: false, tag: name })}>
              <span className="flex min-w-0 items-center gap-2.5">
                <TagDot color={color} />
                <span dir="auto" className="max-w-60 truncate">
                  {name}
                </span>
              </span>
            </MenuRadioItem>
          ))}
        </MenuRadioGroup>
      </MenuContent>
    </Menu>
  );
}

function nameOf(tag: string | undefined, archived: boolean): string {
  if (tag !== undefined) return `tag:${tag}`;
  return archived ? "archived" : "all";
}
