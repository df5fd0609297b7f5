import { type Tag, api, unwrap } from "@/api/client";
import type { components } from "@/api/schema";
import { Resource } from "@/data/resource";

export type TagValues = Omit<components["schemas"]["NewTag"], "id">;

const path = (id: string) => ({ params: { path: { tag_id: id } } });

/** Labels of conversations, projects, prompts and rules, which refer to them by name. */
export const tags = new Resource<Tag, TagValues>("tags", {
  list: async (query, signal) => (await unwrap(api.GET("/api/v1/tags", { params: { query }, signal }))).items,
  create: (body) => unwrap(api.POST("/api/v1/tags", { body })),
  update: (id, body) => unwrap(api.PATCH("/api/v1/tags/{tag_id}", { ...path(id), body })),
  delete: (id) => unwrap(api.DELETE("/api/v1/tags/{tag_id}", path(id))),
  restore: (id) => unwrap(api.POST("/api/v1/tags/{tag_id}/restore", path(id))),
  purge: (id) => unwrap(api.POST("/api/v1/tags/{tag_id}/purge", path(id))),
});
