/** Changes of tags, rules, agents, prompt templates, providers and API keys, according to the feed. */
import type { FeedEvent } from "@/api/client";
import { agents } from "@/data/agents";
import { apiKeys } from "@/data/api-keys";
import { refetch } from "@/data/client";
import { promptTemplates } from "@/data/prompt-templates";
import { providers } from "@/data/providers";
import type { NamedRecord, Resource } from "@/data/resource";
import { rules } from "@/data/rules";
import { tags } from "@/data/tags";

/** By the noun in the kind of an event. */
const LIBRARY: Readonly<Record<string, (event: FeedEvent) => void>> = {
  agent: showChangeOf(agents),
  api_key: alsoOfModels(showChangeOf(apiKeys)),
  prompt: showChangeOf(promptTemplates),
  provider: alsoOfModels(showChangeOf(providers)),
  rule: showChangeOf(rules),
  tag: showChangeOf(tags),
};

function showChangeOf<R extends NamedRecord, Values>(resource: Resource<R, Values>): (event: FeedEvent) => void {
  return ({ entry, record }) => resource.showChange(entry.subject_id, record as R | null | undefined);
}

/** Providers and their keys decide which models there are. */
function alsoOfModels(show: (event: FeedEvent) => void): (event: FeedEvent) => void {
  return (event) => {
    show(event);
    void refetch({ queryKey: ["models"] });
  };
}

/** Events of other nouns have no effect. */
export function showLibraryChange(event: FeedEvent): void {
  LIBRARY[event.type.split(".")[0] ?? ""]?.(event);
}
