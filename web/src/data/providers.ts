/** Providers of models: those that the user set up, and those of the server's environment. */
import { queryOptions } from "@tanstack/react-query";

import { type EnvironmentProvider, type Provider, Refused, api, unwrap } from "@/api/client";
import type { components } from "@/api/schema";
import { type ApiKeyValues, apiKeys } from "@/data/api-keys";
import { Resource } from "@/data/resource";
import { newId } from "@/lib/ids";

export interface ProviderValues extends Omit<components["schemas"]["NewProvider"], "id" | "headers"> {
  /** Replaces all headers. The values are only sent: the server returns the names. */
  readonly headers?: Record<string, string> | undefined;
  /** A key to create, which the provider uses then. */
  readonly new_key?: ApiKeyValues | undefined;
}

export const providerPath = (id: string) => ({ params: { path: { provider_id: id } } });

export const providers = new Resource<Provider, ProviderValues>("providers", {
  list: async (query, signal) => (await unwrap(api.GET("/api/v1/providers", { params: { query }, signal }))).items,
  create: (values) => withNewKey(values, (body) => unwrap(api.POST("/api/v1/providers", { body }))),
  update: (id, values) => withNewKey(values, (body) => unwrap(api.PATCH("/api/v1/providers/{provider_id}", { ...providerPath(id), body }))),
  delete: (id) => unwrap(api.DELETE("/api/v1/providers/{provider_id}", providerPath(id))),
  restore: (id) => unwrap(api.POST("/api/v1/providers/{provider_id}/restore", providerPath(id))),
  purge: (id) => unwrap(api.POST("/api/v1/providers/{provider_id}/purge", providerPath(id))),
});

/** Create the key first. If the server then refuses the provider, the key is removed again; one that stays is listed. */
async function withNewKey<V extends Partial<ProviderValues>>(
  { new_key: values, ...provider }: V,
  send: (provider: Omit<V, "new_key">) => Promise<Provider>,
): Promise<Provider> {
  if (!values) return send(provider);
  const key = await apiKeys.requests.create({ ...values, id: newId() }).catch(blameKey);
  apiKeys.show(key);
  try {
    return await send({ ...provider, api_key_id: key.id });
  } catch (error) {
    if (error instanceof Refused) await removeKey(key.id).catch(() => undefined);
    throw error;
  }
}

/** Throw the error with a pointer into the values of the provider. */
function blameKey(error: unknown): never {
  throw error instanceof Refused ? new Refused(error.code, error.status, error.message, `/new_key${error.pointer}`) : error;
}

async function removeKey(id: string): Promise<void> {
  await apiKeys.requests.delete(id);
  apiKeys.hide(id);
  await apiKeys.requests.purge(id);
}

export function byPosition(a: Provider, b: Provider): number {
  return a.position - b.position;
}

export const environmentProvidersQuery = queryOptions({
  queryKey: ["environment-providers"],
  queryFn: async ({ signal }): Promise<readonly EnvironmentProvider[]> => (await unwrap(api.GET("/api/v1/providers/environment", { signal }))).items,
});
