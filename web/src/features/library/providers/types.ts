import type { Provider } from "@/api/client";
import type { Translate } from "@/features/library/texts";

export type ProviderType = Provider["type"];

interface TypeFacts {
  readonly title: string;
  /** The address of providers without one of their own. */
  readonly url?: string;
}

const TYPES: Readonly<Record<ProviderType, TypeFacts>> = {
  openai: { title: "OpenAI", url: "https://api.openai.com/v1" },
  "openai-compatible": { title: "" },
  anthropic: { title: "Anthropic", url: "https://api.anthropic.com" },
  google: { title: "Google", url: "https://generativelanguage.googleapis.com" },
  openrouter: { title: "OpenRouter", url: "https://openrouter.ai/api/v1" },
  ollama: { title: "Ollama", url: "http://127.0.0.1:11434/v1" },
  mistral: { title: "Mistral", url: "https://api.mistral.ai/v1" },
  deepseek: { title: "DeepSeek", url: "https://api.deepseek.com/v1" },
  groq: { title: "Groq", url: "https://api.groq.com/openai/v1" },
  xai: { title: "xAI", url: "https://api.x.ai/v1" },
  together: { title: "Together AI", url: "https://api.together.xyz/v1" },
};

export const PROVIDER_TYPES = Object.keys(TYPES) as ProviderType[];

export function typeTitle(type: ProviderType, t: Translate): string {
  return TYPES[type].title || t("library.provider.type.compatible");
}

export function standardUrl(type: ProviderType): string | undefined {
  return TYPES[type].url;
}
