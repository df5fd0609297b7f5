/** Conversations as one file of Hansard's own format, a record a line, and artifacts as a zip file. */
import { type Artifact, type Conversation, Refused, Unreachable, refusal } from "@/api/client";
import { exportAddress } from "@/data/transfer";
import { t } from "@/i18n";
import { address } from "@/lib/base";
import { download } from "@/lib/download";
import { settleAll } from "@/lib/in-turn";
import { joinExports } from "@/lib/join-exports";
import { explain, notice } from "@/lib/notice";

/** Download conversations as one file, which can be imported again. */
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
  const response = await fetch(exportAddress(id)).catch(() => {
    throw new Unreachable();
  });
  const text = await response.text();
  if (!response.ok) throw new Refused("unknown", response.status, response.statusText, "");
  if (!text.trimEnd().split("\n").at(-1)?.startsWith('{"kind":"end"')) throw new Unreachable(); // it was cut off
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
    const response = await fetch(address("api/v1/artifacts/export"), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ids: artifacts.map(({ id }) => id) }),
    }).catch(() => {
      throw new Unreachable();
    });
    if (!response.ok) throw refusal(await response.json().catch(() => undefined), response);
    download(await response.blob(), "artifacts.zip");
  } catch (error) {
    notice.failure(t("artifacts.export.failed"), explain(error));
  }
}
