import { useQuery } from "@tanstack/react-query";
import { PlugIcon } from "lucide-react";

import type { Provider } from "@/api/client";
import { Switch } from "@/components/ui/field";
import { apiKeys } from "@/data/api-keys";
import { type ProviderValues, byPosition, providers } from "@/data/providers";
import { useChangeRecord } from "@/data/resource-changes";
import { useT } from "@/features/library/texts";

import type { Noun } from "../resource-section";
import { Summary } from "../summary";
import { EnvironmentProviders } from "./environment-providers";
import { ProviderActions } from "./provider-actions";
import { ProviderEditor } from "./provider-editor";
import { standardUrl, typeTitle } from "./types";

export const PROVIDERS: Noun<Provider, ProviderValues> = {
  name: "providers",
  resource: providers,
  icon: <PlugIcon aria-hidden />,
  Summary: ProviderSummary,
  Editor: ProviderEditor,
  Controls: EnabledSwitch,
  Below: ProviderActions,
  Further: EnvironmentProviders,
  order: byPosition,
};

function ProviderSummary({ record: { name, type, base_url: url, api_key_id: keyId } }: { record: Provider }) {
  const t = useT();
  const { data: keys = [] } = useQuery(apiKeys.query());
  const key = keys.find(({ id }) => id === keyId);
  const used = key ? t("library.provider.keyUsed", { name: key.name }) : t("library.provider.key.none");
  return <Summary whole icon={PROVIDERS.icon} name={name} detail={[typeTitle(type, t), url ?? standardUrl(type), used].join(" · ")} />;
}

function EnabledSwitch({ record }: { record: Provider }) {
  const t = useT();
  const { mutate: change } = useChangeRecord(providers);
  return (
    <Switch
      aria-label={t("library.provider.enabled", { name: record.name })}
      checked={record.enabled}
      onCheckedChange={(enabled) => change({ record, changes: { enabled } })}
    />
  );
}
