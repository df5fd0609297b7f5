/** What stands in a thread, from what is stored, what is being said, and what waits to be sent. */
import type { Message, Run } from "@/api/client";
import type { Prompt } from "@/data/outbox";
import type { Place } from "@/data/tree";

export interface Row {
  /** Stays the same while a prompt or a run becomes a stored message, and while one parallel answer is chosen over another. */
  readonly key: string;
  /** Of the message, also before it is stored. */
  readonly id: string;
  readonly message?: Message;
  /** The run that makes it. */
  readonly run?: Run;
  readonly prompt?: Prompt;
  /** Where it is, or will be. */
  readonly place?: Place;
  /** The model that says it, where that is worth saying. */
  readonly speaker?: string;
  /** The group of parallel answers that it is one of. */
  readonly group?: string;
  /** The other runs of the group that go on. */
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

/** Say who speaks where it is somebody else than before; whoever spoke before what is shown is taken for the same. */
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

/** Whether a row is but a step on the way to an answer: what comes next is said by a model or a tool as well. */
export function isStep({ message }: Row, next: Row | undefined): boolean {
  if (!message || message.role === "user" || !next || next.prompt) return false;
  const called = message.role === "tool" || message.parts.some((part) => part.type === "tool_call");
  return called && next.message?.role !== "user";
}

/** The text of a message as a person reads it. */
export function textOf(parts: Message["parts"]): string {
  return parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n");
}

/** The names of the tools that were called, by the ids of the calls. */
export function toolNames(items: readonly Message[]): ReadonlyMap<string, string> {
  const calls = items.flatMap((message) => message.parts).filter((part) => part.type === "tool_call");
  return new Map(calls.map((call) => [call.call_id, call.name]));
}
