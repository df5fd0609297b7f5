/** Exports: conversations as JSON Lines, artifacts as a zip file. */
import { type Artifact, type Conversation, Unreachable, load } from "@/api/client";
import { t } from "@/i18n";
import { download } from "@/lib/download";
import { settleAll } from "@/lib/settle-all";
import { joinExports } from "@/lib/join-exports";
import { explain, notice } from "@/lib/notice";

/** Download everything as one file that can be imported again. */
export async function exportAll(): Promise<void> {
  try {
    download(await (await load("api/v1/export")).blob(), "hansard.jsonl");
  } catch (error) {
    notice.error(error);
  }
}

/** Download conversations as one file that can be imported again. */
export async function exportConversations(conversations: readonly Conversation[]): Promise<void> {
  try {
    const results = await settleAll(conversations, ({ id }) => readExport(id));
    const refused = results.find((result) => result.status === "rejected");
    if (refused) throw refused.reason;
    const lines = joinExports(results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : [])));
    download(new Blob([lines], { type: "application/jsonl" }), fileName(conversations));
  } catch (error) {
    notice.error(error);
  }
}

async function readExport(id: string): Promise<string> {
  const text = await (await load(`api/v1/export?conversation_id=${id}`)).text();
  if (!text.trimEnd().split("\n").at(-1)?.startsWith('{"kind":"end"')) throw new Unreachable(); // truncated
  return text;
}

function fileName(conversations: readonly Conversation[]): string {
  const [first] = conversations;
  const name = first && conversations.length === 1 ? first.title : t("sidebar.export.name", { count: conversations.length });
  return `${name.replaceAll(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60).replaceAll(/^-|-$/g, "") || "hansard"}.jsonl`;
}

/** Download artifacts as one zip file. */
export async function exportArtifacts(artifacts: readonly Artifact[]): Promise<void> {
  try {
    const response = await load("api/v1/artifacts/export", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ids: artifacts.map(({ id }) => id) }),
    });
    download(await response.blob(), "artifacts.zip");
  } catch (error) {
    notice.failure(t("artifacts.export.failed"), explain(error));
  }
}

/** Download a revision of an artifact as a file. */
export async function saveArtifact({ id }: Artifact, revision: number): Promise<void> {
  try {
    const response = await load(`api/v1/artifacts/${id}/file?revision=${revision}`);
    const name = /filename\*=UTF-8''([^;]+)/.exec(response.headers.get("Content-Disposition") ?? "")?.[1];
    download(await response.blob(), name ? decodeURIComponent(name) : "artifact");
  } catch (error) {
    notice.failure(t("artifacts.export.failed"), explain(error));
  }
}
