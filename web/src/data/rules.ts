import { type Rule, api, unwrap } from "@/api/client";
import type { components } from "@/api/schema";
import { Resource } from "@/data/resource";

export type RuleValues = Omit<components["schemas"]["NewRule"], "id">;

const path = (id: string) => ({ params: { path: { rule_id: id } } });

/** Texts that are sent with prompts. */
export const rules = new Resource<Rule, RuleValues>("rules", {
  list: async (query, signal) => (await unwrap(api.GET("/api/v1/rules", { params: { query }, signal }))).items,
  create: (body) => unwrap(api.POST("/api/v1/rules", { body })),
  update: (id, body) => unwrap(api.PATCH("/api/v1/rules/{rule_id}", { ...path(id), body })),
  delete: (id) => unwrap(api.DELETE("/api/v1/rules/{rule_id}", path(id))),
  restore: (id) => unwrap(api.POST("/api/v1/rules/{rule_id}/restore", path(id))),
  purge: (id) => unwrap(api.POST("/api/v1/rules/{rule_id}/purge", path(id))),
});
