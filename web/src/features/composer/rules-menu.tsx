import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { Menu, MenuCheckboxItem, MenuContent, MenuLabel, MenuLink, MenuSeparator, MenuTrigger } from "@/components/ui/menu";
import { rules as resource } from "@/data/rules";
import { useT } from "@/i18n";

interface Props {
  /** The ids of the chosen rules. */
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
  onClose: () => void;
  /** Called when the menu is gone, and the focus with it. */
  onClosed: () => void;
}

/** The rules, of which several can be chosen; those that always apply are listed with the others. */
export default function RulesMenu({ chosen, onChange, onClose, onClosed }: Props) {
  const t = useT();
  const { data: rules = [] } = useQuery(resource.query());
  return (
    <Menu open modal={false} onOpenChange={onClose}>
      <MenuTrigger asChild>
        <span aria-hidden className="absolute start-0 top-0 size-0" />
      </MenuTrigger>
      <MenuContent
        side="top"
        align="start"
        className="max-w-80"
        onCloseAutoFocus={(event) => {
          event.preventDefault();
          onClosed();
        }}
      >
        <MenuLabel>{t("composer.rules.label")}</MenuLabel>
        {rules.map(({ id, name, always }) => (
          <MenuCheckboxItem
            key={id}
            checked={always || chosen.includes(id)}
            disabled={always}
            onSelect={(event) => event.preventDefault()}
            onCheckedChange={(on) => onChange(on ? [...chosen, id] : chosen.filter((other) => other !== id))}
          >
            <span dir="auto">{name}</span>
          </MenuCheckboxItem>
        ))}
        <MenuSeparator />
        <MenuLink>
          <Link to="/library/{-$page}" params={{ page: "rules" }} search={{}}>
            {t("composer.rules.manage")}
          </Link>
        </MenuLink>
      </MenuContent>
    </Menu>
  );
}
