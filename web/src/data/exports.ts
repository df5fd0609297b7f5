/** Conversations as one file of Hansard's own format, a record a line. */
import { type Conversation, Refused, Unreachable } from "@/api/client";
import { exportAddress } from "@/data/transfer";
import { t } from "@/i18n";
import { notice } from "@/lib/notice";

/** Download conversations as one file, which can be imported again. */
export async function exportConversations(conversations: readonly Conversation[]): Promise<void> {
  try {
    save(joinExports(await Promise.all(conversations.map(({ id }) => readExport(id)))), fileName(conversations));
  } catch (error) {
    notice.error(error);
  }
}

/** Several exports as one: a header, what they hold without repetition, and an end that counts it. */
export function joinExports(files: readonly string[]): string {
  const lines = files.map((file) => file.trimEnd().split("\n"));
  const records = new Set(lines.flatMap((file) => file.slice(1, -1)));
  return [lines[0]?.[0], ...records, JSON.stringify({ kind: "end", records: records.size }), ""].join("\n");
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
