import { type ApiKey, api, unwrap } from "@/api/client";
import { Resource } from "@/data/resource";

/** The value is only sent: the server does not return it. */
export interface ApiKeyValues {
  readonly name: string;
  readonly value?: string | undefined;
}

const path = (id: string) => ({ params: { path: { api_key_id: id } } });

/** Secrets of providers. */
export const apiKeys = new Resource<ApiKey, ApiKeyValues>("api-keys", {
  list: async (query, signal) => (await unwrap(api.GET("/api/v1/api-keys", { params: { query }, signal }))).items,
  create: ({ value = "", ...body }) => unwrap(api.POST("/api/v1/api-keys", { body: { ...body, value } })),
  update: (id, body) => unwrap(api.PATCH("/api/v1/api-keys/{api_key_id}", { ...path(id), body })),
  delete: (id) => unwrap(api.DELETE("/api/v1/api-keys/{api_key_id}", path(id))),
  restore: (id) => unwrap(api.POST("/api/v1/api-keys/{api_key_id}/restore", path(id))),
  purge: (id) => unwrap(api.POST("/api/v1/api-keys/{api_key_id}/purge", path(id))),
});

/** The end of a key's value, or of a short one its fingerprint. */
export function endingOf({ ending, fingerprint }: ApiKey): string {
  return `…${ending || fingerprint}`;
}
