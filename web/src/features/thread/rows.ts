/** The rows of a conversation: stored messages, running responses and prompts that are not sent yet. */
import type { Message, Run } from "@/api/client";
import type { Prompt } from "@/data/outbox";
import type { Place } from "@/data/tree";

export interface Row {
  /** Stays the same when a prompt or a run becomes a stored message, and when another parallel response is selected. */
  readonly key: string;
  /** The id of the message, also before it is stored. */
  readonly id: string;
  readonly message?: Message;
  /** The run that generates it. */
  readonly run?: Run;
  readonly prompt?: Prompt;
  /** Its position in the tree, or its future one. */
  readonly place?: Place;
  /** The model, where it differs from the one before. */
  readonly speaker?: string;
  /** The group of parallel responses that it belongs to. */
  readonly group?: string;
  /** The other active runs of the group. */
  readonly beside?: readonly Run[];
}

const NOBODY: readonly Run[] = [];

export function rowsOf(items: readonly Message[], runs: readonly Run[], prompts: readonly Prompt[], branch: string | undefined): Row[] {
  const stored = new Set(items.map((message) => message.id));
  const live = runs.filter((run) => !stored.has(run.message_id)).toSorted((a, b) => a.id.localeCompare(b.id));
  const unsent = prompts.filter((prompt) => !stored.has(prompt.id) && (!prompt.branch || !branch || prompt.branch === branch));
  const end = items.at(-1);
  const storedRows = items.map((message) => messageRow(message, message === end ? live : NOBODY));
  const runningRows = live.filter((run) => run.branch === branch).map((run) => runRow(run, live, (end?.seq ?? -1) + 1));
  return withSpeakers([
    ...storedRows,
    ...unsent.filter((prompt) => prompt.state !== "queued").map(promptRow),
    ...runningRows,
    ...unsent.filter((prompt) => prompt.state === "queued").map(promptRow),
  ]);
}

function messageRow(message: Message, live: readonly Run[]): Row {
  const { id, group_id: group } = message;
  if (!group || message.role !== "assistant") return { key: id, id, message, place: message };
  return { key: group, id, message, place: message, group, beside: live.filter((run) => run.group_id === group) };
}

function runRow(run: Run, live: readonly Run[], seq: number): Row {
  const { message_id: id, group_id: group } = run;
  const place = { branch: run.branch, seq };
  if (!group) return { key: id, id, run, place };
  return { key: group, id, run, place, group, beside: live.filter((other) => other.group_id === group && other !== run) };
}

function promptRow(prompt: Prompt): Row {
  return { key: prompt.id, id: prompt.id, prompt };
}

/** Name the model where it changes. The model before the first loaded row is unknown and counts as the same. */
function withSpeakers(rows: readonly Row[]): Row[] {
  const [first] = rows;
  let before: string | null | undefined = (first?.place?.seq ?? 0) === 0 ? null : undefined;
  return rows.map((row) => {
    const model = row.run?.model ?? (row.message?.role === "assistant" ? row.message.model : undefined);
    if (!model) return row;
    const news = before !== undefined && before !== model;
    before = model;
    return news ? withSpeaker(row, model) : row;
  });
}

function withSpeaker(row: Row, speaker: string): Row {
  return { ...row, speaker };
}

/** Whether a row is an intermediate step: a model or a tool follows it. */
export function isStep({ message }: Row, next: Row | undefined): boolean {
  if (!message || message.role === "user" || !next || next.prompt) return false;
  const called = message.role === "tool" || message.parts.some((part) => part.type === "tool_call");
  return called && next.message?.role !== "user";
}

/** The text of a message. */
export function textOf(parts: Message["parts"]): string {
  return parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n");
}

/** The names of called tools, by call id. */
export function toolNames(items: readonly Message[]): ReadonlyMap<string, string> {
  const calls = items.flatMap((message) => message.parts).filter((part) => part.type === "tool_call");
  return new Map(calls.map((call) => [call.call_id, call.name]));
}
