import { Menu, MenuContent, MenuLabel, MenuRadioGroup, MenuRadioItem, MenuSeparator, MenuTrigger } from "@/components/ui/menu";
import { useKnownTags } from "@/data/conversations";
import { useT } from "@/i18n";

import { EVERYTHING, show, useSidebar } from "./state";

/** The menu that filters the list. */
export default function FilterMenu({ onClose }: { onClose: () => void }) {
  const t = useT();
  const view = useSidebar((state) => state.view);
  const tags = useKnownTags();
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
          {tags.map((tag) => (
            <MenuRadioItem key={tag} value={nameOf(tag, false)} onSelect={() => show({ archived: false, tag })}>
              <span dir="auto">{tag}</span>
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
