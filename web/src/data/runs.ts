/**
 * Answers while they are made. A run is followed by its numbered events, so whoever comes late misses nothing; it is
 * listened to only while somebody looks.
 */
import { queryOptions } from "@tanstack/react-query";
import { useCallback, useSyncExternalStore } from "react";
import { create } from "zustand";

import { type Part, type Run, type RunEvent, api, ask, askAgain } from "@/api/client";
import { rereadBranches } from "@/data/branches";
import { followRun, leaveRun, type RunListener } from "@/data/socket";
import { newId } from "@/lib/ids";
import { notice } from "@/lib/notice";

/** What is known of an answer that is being made. */
export interface Answer {
  readonly run: Run;
  readonly parts: readonly Part[];
}

const ENDS = ["completed", "failed", "cancelled", "interrupted"] as const;
/** How many runs are known to have ended. */
const REMEMBERED = 200;
/** How long, in milliseconds, what was said is kept after the end, for those who have not drawn the message yet. */
const LINGER = 5000;

/** The runs that go on, by id. */
export const useActiveRuns = create<Readonly<Record<string, Run>>>(() => ({}));

/** Whether the server has said which runs go on. */
export const useRunsLoaded = create<{ loaded: boolean }>(() => ({ loaded: false }));

/** Called when a run has ended, before it is forgotten: the stored message takes its place. */
let ended: (run: Run) => Promise<void> = () => Promise.resolve();

export function whenRunEnds(then: typeof ended): void {
  ended = then;
}

const streams = new Map<string, RunStream>();
/** The runs whose end was heard of lately: an answer from before may say that they go on. */
const over = new Set<string>();

/** Follow runs until they end. */
export function followRuns(runs: readonly Run[]): void {
  const met = runs.filter((run) => !streams.has(run.id) && !over.has(run.id) && !ENDS.some((status) => status === run.status));
  for (const run of met) streams.set(run.id, new RunStream(run));
  if (met.length > 0) useActiveRuns.setState(Object.fromEntries(met.map((run) => [run.id, run])));
}

/** Follow all runs that go on; those that were followed and are not among them have ended. */
export async function followActiveRuns(): Promise<void> {
  const followed = [...streams.keys()];
  const { items } = await ask(api.GET("/api/v1/runs"));
  followRuns(items);
  for (const id of followed) if (!items.some((run) => run.id === id)) runEnded(id);
  useRunsLoaded.setState({ loaded: true });
}

/** A run that has ended. */
export function endedRunQuery(id: string) {
  return queryOptions({ queryKey: ["run", id], queryFn: () => getRun(id) });
}

function getRun(id: string): Promise<Run> {
  return ask(api.GET("/api/v1/runs/{run_id}", { params: { path: { run_id: id } } }));
}

export async function followRunById(id: string): Promise<void> {
  if (!streams.has(id)) followRuns([await getRun(id)]);
}

/** A run has ended, as the feed says. */
export function runEnded(id: string): void {
  over.add(id);
  for (const oldest of over) if (over.size > REMEMBERED) over.delete(oldest);
  void streams.get(id)?.end();
}

/** Stop a run; what was said is kept. */
async function cancelRun(id: string): Promise<void> {
  await ask(api.POST("/api/v1/runs/{run_id}/cancel", { params: { path: { run_id: id } } }));
}

/** Whether something is being answered in a conversation. */
export function useRunningIn(conversationId: string): boolean {
  return useActiveRuns((runs) => Object.values(runs).some((run) => run.conversation_id === conversationId));
}

/** Stops all that is being answered in a conversation. */
export function useStopRuns(conversationId: string): () => void {
  return useCallback(() => {
    for (const run of Object.values(useActiveRuns.getState()))
      if (run.conversation_id === conversationId) cancelRun(run.id).catch(notice.error);
  }, [conversationId]);
}

/** Have an answer continued that was cut short. */
export async function continueRun(id: string): Promise<void> {
  const body = { id: newId() };
  const { run } = await askAgain(() => api.POST("/api/v1/runs/{run_id}/continue", { params: { path: { run_id: id } }, body }));
  followRuns([run]);
  await rereadBranches(run.conversation_id);
}

/** What was said in a run so far; undefined for a run that is not known. */
export function useAnswer(runId: string | undefined): Answer | undefined {
  const stream = runId === undefined ? undefined : streams.get(runId);
  return useSyncExternalStore(stream?.subscribe ?? idle, () => stream?.answer);
}

const idle = () => () => undefined;

class RunStream implements RunListener {
  answer: Answer;
  number = 0;
  private readonly listeners = new Set<() => void>();
  private frame = 0;
  private over = false;

  constructor(run: Run) {
    this.answer = { run, parts: [] };
  }

  readonly subscribe = (changed: () => void): (() => void) => {
    if (this.listeners.size === 0 && !this.over) followRun(this.answer.run.id, this);
    this.listeners.add(changed);
    return () => {
      this.listeners.delete(changed);
      if (this.listeners.size === 0) leaveRun(this.answer.run.id);
    };
  };

  gone(): void {
    void this.end();
  }

  onEvent(event: RunEvent): void {
    if (ENDS.some((type) => type === event.type)) {
      void this.end();
      return;
    }
    if (event.number <= this.number) return;
    this.number = event.number;
    this.answer = { ...this.answer, parts: appendEvent(this.answer.parts, event) };
    this.frame ||= requestAnimationFrame(() => this.tell());
  }

  async end(): Promise<void> {
    if (this.over) return;
    this.over = true;
    const { run } = this.answer;
    leaveRun(run.id);
    await ended(run).catch(() => undefined);
    useActiveRuns.setState((runs) => Object.fromEntries(Object.entries(runs).filter(([id]) => id !== run.id)), true);
    setTimeout(() => streams.delete(run.id), LINGER);
  }

  private tell(): void {
    this.frame = 0;
    for (const changed of this.listeners) changed();
  }
}

/** The parts of an answer after one more event. */
export function appendEvent(parts: readonly Part[], event: Pick<RunEvent, "type" | "text" | "data">): readonly Part[] {
  const before = parts.slice(0, -1);
  const last = parts.at(-1);
  switch (event.type) {
    case "text":
      if (last?.type === "text") return [...before, { ...last, text: last.text + event.text }];
      return [...parts, { type: "text", text: event.text }];
    case "reasoning":
      if (last?.type === "reasoning") return [...before, { ...last, text: last.text + event.text }];
      return [...parts, { type: "reasoning", text: event.text, signature: null }];
    case "tool_call": {
      const { call_id, name, arguments: input } = event.data as { call_id: string; name: string; arguments: never };
      return [...parts, { type: "tool_call", call_id, name, arguments: input }];
    }
    case "image": {
      const { blob, media_type } = event.data as { blob: string; media_type: string };
      return [...parts, { type: "image", blob, media_type, name: null }];
    }
    case "data": {
      const { data, name } = event.data as { data: never; name: string };
      return [...parts, { type: "data", data, name }];
    }
    default:
      return parts;
  }
}
