/** Templates for prompts; those with an agent are its tasks. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { type PromptRevision, type PromptTemplate, api, unwrap } from "@/api/client";
import type { components } from "@/api/schema";
import { Resource } from "@/data/resource";

export type PromptTemplateValues = Omit<components["schemas"]["NewPrompt"], "id">;

/** Values of variables, by name. */
export type VariableValues = Readonly<Record<string, unknown>>;

const path = (id: string) => ({ params: { path: { prompt_id: id } } });

export const promptTemplates = new Resource<PromptTemplate, PromptTemplateValues>(
  "prompts",
  {
    list: async (query, signal) => (await unwrap(api.GET("/api/v1/prompts", { params: { query }, signal }))).items,
    create: (body) => unwrap(api.POST("/api/v1/prompts", { body })),
    update: (id, body) => unwrap(api.PATCH("/api/v1/prompts/{prompt_id}", { ...path(id), body })),
    delete: (id) => unwrap(api.DELETE("/api/v1/prompts/{prompt_id}", path(id))),
    restore: (id) => unwrap(api.POST("/api/v1/prompts/{prompt_id}/restore", path(id))),
    purge: (id) => unwrap(api.POST("/api/v1/prompts/{prompt_id}/purge", path(id))),
  },
  (template, { agent_id: agent }) => template.agent_id === (agent ?? null),
);

/** The revisions of a template, newest first. */
export function promptRevisionsQuery({ id, revision }: PromptTemplate) {
  return queryOptions({
    queryKey: ["prompt revisions", id, revision],
    queryFn: async ({ signal }): Promise<readonly PromptRevision[]> =>
      (await unwrap(api.GET("/api/v1/prompts/{prompt_id}/revisions", { ...path(id), signal }))).items,
  });
}

/** The text of a template for values of its variables; the previous one is shown while it is being rendered. */
export function renderedPromptQuery({ id, version }: PromptTemplate, variables: VariableValues) {
  return queryOptions({
    queryKey: ["rendered prompt", id, version, variables],
    queryFn: async ({ signal }): Promise<string> =>
      (await unwrap(api.POST("/api/v1/prompts/{prompt_id}/render", { ...path(id), body: { variables }, signal }))).text,
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 0,
  });
}
