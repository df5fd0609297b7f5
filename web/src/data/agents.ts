import { type Agent, api, unwrap } from "@/api/client";
import type { components } from "@/api/schema";
import { Resource } from "@/data/resource";

export type AgentValues = Omit<components["schemas"]["NewAgent"], "id" | "options"> & { options?: Record<string, unknown> };

const path = (id: string) => ({ params: { path: { agent_id: id } } });

/** Instructions, a model and its options, and rules, with which conversations are held. */
export const agents = new Resource<Agent, AgentValues>("agents", {
  list: async (query, signal) => (await unwrap(api.GET("/api/v1/agents", { params: { query }, signal }))).items,
  create: (body) => unwrap(api.POST("/api/v1/agents", { body })),
  update: (id, body) => unwrap(api.PATCH("/api/v1/agents/{agent_id}", { ...path(id), body })),
  delete: (id) => unwrap(api.DELETE("/api/v1/agents/{agent_id}", path(id))),
  restore: (id) => unwrap(api.POST("/api/v1/agents/{agent_id}/restore", path(id))),
  purge: (id) => unwrap(api.POST("/api/v1/agents/{agent_id}/purge", path(id))),
});
