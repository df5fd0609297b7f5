import type { Provider } from "@/api/client";
import type { ProviderValues } from "@/data/providers";

import { type ProviderType, standardUrl } from "./types";

export interface EditedHeader {
  readonly key: string;
  readonly name: string;
  readonly value: string;
}

/** A provider that is being edited. */
export interface EditedProvider {
  readonly name: string;
  readonly type: ProviderType;
  readonly url: string;
  /** The id of a key, "new", or "" for none. */
  readonly keyId: string;
  readonly keyName: string;
  readonly keyValue: string;
  /** Undefined: those that the server has. */
  readonly headers: readonly EditedHeader[] | undefined;
  /** Undefined: all models. */
  readonly chosen: readonly string[] | undefined;
}

export const NEW_KEY = "new";

export function editedProvider(record: Provider | undefined): EditedProvider {
  return {
    name: record?.name ?? "openai",
    type: record?.type ?? "openai",
    url: record?.base_url ?? "",
    keyId: record ? (record.api_key_id ?? "") : NEW_KEY,
    keyName: "",
    keyValue: "",
    headers: record && record.header_names.length > 0 ? undefined : [],
    chosen: record && record.chosen_models.length > 0 ? record.chosen_models : undefined,
  };
}

export function isComplete({ name, type, url, keyId, keyName, keyValue, chosen, headers = [] }: EditedProvider): boolean {
  const keyed = keyId !== NEW_KEY || (keyName.trim() !== "") === (keyValue !== "");
  const addressed = standardUrl(type) !== undefined || url.trim() !== "";
  return name.trim() !== "" && addressed && keyed && chosen?.length !== 0 && headers.every((header) => header.name.trim() !== "");
}

/** What the server is sent. A new provider is placed after the others. */
export function providerValues(edited: EditedProvider, record: Provider | undefined, others: readonly Provider[]): ProviderValues {
  const { name, type, url, keyId, keyName, keyValue, headers, chosen } = edited;
  const unchanged = headers === undefined || (headers.length === 0 && !record?.header_names.length);
  const created = keyId === NEW_KEY && keyValue !== "";
  return {
    name: name.trim(),
    type,
    base_url: url.trim() || null,
    api_key_id: keyId === NEW_KEY ? null : keyId || null,
    position: record?.position ?? Math.max(0, ...others.map(({ position }) => position + 1)),
    chosen_models: [...(chosen ?? [])],
    new_key: created ? { name: keyName.trim(), value: keyValue } : undefined,
    headers: unchanged ? undefined : Object.fromEntries(headers.map((header) => [header.name.trim(), header.value.trim()])),
  };
}
