import { useQuery } from "@tanstack/react-query";
import { KeySquareIcon } from "lucide-react";

import type { ApiKey } from "@/api/client";
import { type ApiKeyValues, apiKeys, endingOf } from "@/data/api-keys";
import { queryClient } from "@/data/client";
import { providers } from "@/data/providers";
import { t, useT } from "@/features/library/texts";

import type { Noun } from "../resource-section";
import { Summary } from "../summary";
import { ApiKeyEditor } from "./api-key-editor";

export const API_KEYS: Noun<ApiKey, ApiKeyValues> = {
  name: "api-keys",
  resource: apiKeys,
  icon: <KeySquareIcon aria-hidden />,
  Summary: ApiKeySummary,
  Editor: ApiKeyEditor,
  describeDeleted,
};

function ApiKeySummary({ record }: { record: ApiKey }) {
  const t = useT();
  const { data: all = [] } = useQuery(providers.query());
  const users = all.filter(({ api_key_id: id }) => id === record.id).map(({ name }) => name);
  const used = users.length > 0 ? t("library.api-key.used", { providers: users.join(", ") }) : t("library.api-key.unused");
  return <Summary whole icon={API_KEYS.icon} name={record.name} detail={`${endingOf(record)} · ${record.fingerprint} · ${used}`} />;
}

/** Name the providers that a deleted key is taken from. */
function describeDeleted({ name, unlinked }: ApiKey): string | undefined {
  if (unlinked.length === 0) return undefined;
  const known = queryClient.getQueryData(providers.query().queryKey) ?? [];
  const losing = known.filter(({ id }) => unlinked.includes(id)).map((provider) => provider.name);
  return t("library.api-key.deleted", { name, providers: losing.join(", ") });
}
