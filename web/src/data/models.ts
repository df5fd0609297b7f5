/** The models that can be asked, what they are called, and having them talk to each other. */
import { queryOptions, useMutation } from "@tanstack/react-query";

import { type Model, type Run, api, ask, askAgain } from "@/api/client";
import type { components } from "@/api/schema";
import { createConversation } from "@/data/conversations";
import { loadNewMessages } from "@/data/messages";
import { enqueueRequest } from "@/data/request-queue";
import { followRuns } from "@/data/runs";
import type { Key, Translate } from "@/i18n";
import { newId } from "@/lib/ids";
import { notice } from "@/lib/notice";

export interface Models {
  readonly items: readonly Model[];
  /** The providers whose models cannot be listed now, and why. */
  readonly failures: readonly components["schemas"]["ProviderFailure"][];
  /** The one that answers where nothing else is chosen. */
  readonly default: string;
}

/** How many may answer one prompt. */
export const MOST_MODELS = 8;
/** How long two may talk to each other. */
export const MOST_TURNS = 100;

export const modelsQuery = queryOptions({
  queryKey: ["models"],
  queryFn: ({ signal }): Promise<Models> => ask(api.GET("/api/v1/models", { signal })),
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

/** What a model is called where it says something: its name without the provider's. */
export function modelTitle(name: string, t: Translate): string {
  const [provider = "", ...rest] = name.split("/");
  if (provider === "local") return t("models.demo");
  return rest.join("/") || name;
}

export function providerTitle(provider: string, t: Translate): string {
  return provider === "local" ? t("models.local") : (PROVIDERS[provider] ?? provider);
}

const BUILT_IN: Readonly<Record<string, Key>> = { "echo/echo": "models.echo.description", "local/smollm2": "models.demo.description" };

/** What is said of a model; of one that comes with Hansard, in the language of the app. */
export function modelDescription({ name, description }: Model, t: Translate): string {
  const own = BUILT_IN[name];
  return own ? t(own) : description;
}

export interface Talk {
  readonly conversationId: string;
  /** What the conversation is made with, if it is new. */
  readonly create?: components["schemas"]["NewConversation"];
  readonly models: readonly string[];
  readonly turns: number;
  /** What is said first; empty where the talk goes on from what was said last. */
  readonly content: string;
  readonly branch?: string;
}

/** Let models talk to each other. To cancel the run that is under way ends the talk. */
export function useStartTalk() {
  return useMutation({
    mutationFn: async ({ conversationId, create, models, turns, content, branch }: Talk): Promise<Run> => {
      const id = newId();
      const { run } = await enqueueRequest([conversationId], async () => {
        if (create) await createConversation({ ...create, id: conversationId });
        return askAgain(() =>
          api.POST("/api/v1/conversations/{conversation_id}/dialogue", {
            params: { path: { conversation_id: conversationId } },
            body: { id, models: [...models], turns, ...(content ? { content } : {}), ...(branch ? { branch } : {}) },
          }),
        );
      });
      return run;
    },
    onSuccess: async (run) => {
      followRuns([run]);
      await loadNewMessages(run.conversation_id);
    },
    onError: notice.error,
  });
}
