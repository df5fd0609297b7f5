import { useQuery } from "@tanstack/react-query";

import { MenuItem } from "@/components/ui/menu";
import { modelTitle, modelsQuery } from "@/data/models";
import { useT } from "@/i18n";

/** The models as menu items. */
export function ModelMenuItems({ onPick }: { onPick: (model: string) => void }) {
  const t = useT();
  const { data } = useQuery(modelsQuery);
  return data?.items.map(({ name }) => (
    <MenuItem key={name} onSelect={() => onPick(name)}>
      {modelTitle(name, t)}
    </MenuItem>
  ));
}
