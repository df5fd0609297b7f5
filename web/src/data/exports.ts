/** Conversations as one file of Hansard's own format, a record a line. */
import { type Conversation, Refused, Unreachable } from "@/api/client";
import { exportAddress } from "@/data/transfer";
import { t } from "@/i18n";
import { settleAll } from "@/lib/in-turn";
import { joinExports } from "@/lib/join-exports";
import { notice } from "@/lib/notice";

/** Download conversations as one file, which can be imported again. */
export async function exportConversations(conversations: readonly Conversation[]): Promise<void> {
  try {
    const results = await settleAll(conversations, ({ id }) => readExport(id));
    const refused = results.find((result) => result.status === "rejected");
    if (refused) throw refused.reason;
    save(joinExports(results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []))), fileName(conversations));
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

function save(text: string, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/jsonl" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
