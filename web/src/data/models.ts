/** The available models, their titles, and model-to-model conversations. */
import { queryOptions, useMutation } from "@tanstack/react-query";

import { type Model, type Run, api, unwrap, unwrapWithRetry } from "@/api/client";
import type { components } from "@/api/schema";
import { createConversation } from "@/data/conversations";
import { enqueueRequest } from "@/data/request-queue";
import { followRuns } from "@/data/runs";
import type { Key, Translate } from "@/i18n";
import { newId } from "@/lib/ids";
import { notice } from "@/lib/notice";

export interface Models {
  readonly items: readonly Model[];
  /** The providers that cannot list their models, with the reason. */
  readonly failures: readonly components["schemas"]["ProviderFailure"][];
  /** The default model. */
  readonly default: string;
}

/** The maximum number of models per prompt. */
export const MOST_MODELS = 8;
/** The maximum number of turns. */
export const MOST_TURNS = 100;

export const modelsQuery = queryOptions({
  queryKey: ["models"],
  queryFn: ({ signal }): Promise<Models> => unwrap(api.GET("/api/v1/models", { signal })),
  staleTime: 60_000,
});

const PROVIDERS: Readonly<Record<string, string>> = {
  anthropic: "Anthropic",
  echo: "Echo",
  google: "Google",
  ollama: "Ollama",
  openai: "OpenAI",
  openrouter: "OpenRouter",
};

/** The title of a model: its name without the provider. */
export function modelTitle(name: string, t: Translate): string {
  const [provider = "", ...rest] = name.split("/");
  if (provider === "local") return t("models.demo");
  return rest.join("/") || name;
}

export function providerTitle(provider: string, t: Translate): string {
  return provider === "local" ? t("models.local") : (PROVIDERS[provider] ?? provider);
}

const BUILT_IN: Readonly<Record<string, Key>> = { "echo/echo": "models.echo.description", "local/smollm2": "models.demo.description" };

/** The description of a model; built-in models are translated. */
export function modelDescription({ name, description }: Model, t: Translate): string {
  const own = BUILT_IN[name];
  return own ? t(own) : description;
}

export interface Talk {
  readonly conversationId: string;
  /** The fields of a new conversation. */
  readonly create?: components["schemas"]["NewConversation"];
  readonly models: readonly string[];
  readonly turns: number;
  /** The first message; empty to continue from the last message. */
  readonly content: string;
  readonly branch?: string;
}

/** Start a model-to-model conversation. Cancelling its current run ends it. */
export function useStartDialogue() {
  return useMutation({
    mutationFn: async ({ conversationId, create, models, turns, content, branch }: Talk): Promise<Run> => {
      const id = newId();
      const { run } = await enqueueRequest([conversationId], async () => {
        if (create) await createConversation({ ...create, id: conversationId });
        return unwrapWithRetry(() =>
          api.POST("/api/v1/conversations/{conversation_id}/dialogue", {
            params: { path: { conversation_id: conversationId } },
            body: { id, models: [...models], turns, ...(content ? { content } : {}), ...(branch ? { branch } : {}) },
          }),
        );
      });
      return run;
    },
    onSuccess: (run) => followRuns([run]),
    onError: notice.error,
  });
}
