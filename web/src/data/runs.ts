/**
 * Running responses. Events of a run are numbered, so a late subscriber misses nothing. A run is
 * subscribed to only while it is shown.
 */
import { queryOptions } from "@tanstack/react-query";
import { useCallback, useSyncExternalStore } from "react";
import { create } from "zustand";

import { type Part, type Run, type RunEvent, api, unwrap, unwrapWithRetry } from "@/api/client";
import { followRun, leaveRun, type RunListener } from "@/data/socket";
import { newId } from "@/lib/ids";
import { notice } from "@/lib/notice";

/** The current state of a running response. */
export interface Answer {
  readonly run: Run;
  readonly parts: readonly Part[];
}

const ENDS = ["completed", "failed", "cancelled", "interrupted"] as const;
/** How many ended runs are remembered. */
const REMEMBERED = 200;
/** How long the response is kept after the end, until the stored message is shown, in milliseconds. */
const LINGER = 5000;

/** The active runs, by id. */
export const useActiveRuns = create<Readonly<Record<string, Run>>>(() => ({}));

/** Whether the server has listed the active runs. */
export const useRunsLoaded = create<{ loaded: boolean }>(() => ({ loaded: false }));

/** How long the feed may take to report the end of a run, in milliseconds; then the stored message is read. */
const PATIENCE = 2000;

/**
 * Called when a run has ended, before it is removed: shows the stored message, which replaces it. The feed has brought
 * the message if it `reported` the end.
 */
let ended: (run: Run, reported: boolean) => Promise<void> = () => Promise.resolve();

export function whenRunEnds(then: typeof ended): void {
  ended = then;
}

const streams = new Map<string, RunStream>();
/** Recently ended runs: an older response may still list them as active. */
const endedRuns = new Set<string>();

/** Follow runs until they end. */
export function followRuns(runs: readonly Run[]): void {
  const newRuns = runs.filter((run) => !streams.has(run.id) && !endedRuns.has(run.id) && !ENDS.some((status) => status === run.status));
  for (const run of newRuns) streams.set(run.id, new RunStream(run));
  if (newRuns.length > 0) useActiveRuns.setState(Object.fromEntries(newRuns.map((run) => [run.id, run])));
}

/** Follow all active runs; followed runs that are no longer active have ended. */
export async function followActiveRuns(): Promise<void> {
  const followed = [...streams.keys()];
  const { items } = await unwrap(api.GET("/api/v1/runs"));
  followRuns(items);
  for (const id of followed) if (!items.some((run) => run.id === id)) runEnded(id, false);
  useRunsLoaded.setState({ loaded: true });
}

/** An ended run. */
export function endedRunQuery(id: string) {
  return queryOptions({ queryKey: ["run", id], queryFn: () => getRun(id) });
}

function getRun(id: string): Promise<Run> {
  return unwrap(api.GET("/api/v1/runs/{run_id}", { params: { path: { run_id: id } } }));
}

/** The active runs of a conversation. */
export function runsOf(conversationId: string): readonly Run[] {
  return Object.values(useActiveRuns.getState()).filter((run) => run.conversation_id === conversationId);
}

/** A run has ended, as the feed reported or a list of the active runs shows. */
export function runEnded(id: string, reported = true): void {
  endedRuns.add(id);
  for (const oldest of endedRuns) if (endedRuns.size > REMEMBERED) endedRuns.delete(oldest);
  void streams.get(id)?.end(reported);
}

/** Stop a run; its text so far is kept. */
async function cancelRun(id: string): Promise<void> {
  await unwrap(api.POST("/api/v1/runs/{run_id}/cancel", { params: { path: { run_id: id } } }));
}

/** Whether a conversation has an active run. */
export function useRunningIn(conversationId: string): boolean {
  return useActiveRuns((runs) => Object.values(runs).some((run) => run.conversation_id === conversationId));
}

/** Stop all runs of a conversation. */
export function useStopRuns(conversationId: string): () => void {
  return useCallback(() => {
    for (const run of Object.values(useActiveRuns.getState()))
      if (run.conversation_id === conversationId) cancelRun(run.id).catch(notice.error);
  }, [conversationId]);
}

/** Continue an incomplete response. */
export async function continueRun(id: string): Promise<void> {
  const body = { id: newId() };
  const { run } = await unwrapWithRetry(() => api.POST("/api/v1/runs/{run_id}/continue", { params: { path: { run_id: id } }, body }));
  followRuns([run]);
}

/** The response of a run so far; undefined for an unknown run. */
export function useLiveResponse(runId: string | undefined): Answer | undefined {
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
    void this.end(false);
  }

  onEvent(event: RunEvent): void {
    if (ENDS.some((type) => type === event.type)) {
      // The end is shown when the feed reports it, together with the stored message.
      setTimeout(() => void this.end(false), PATIENCE);
      return;
    }
    if (event.number <= this.number) return;
    this.number = event.number;
    this.answer = { ...this.answer, parts: appendEvent(this.answer.parts, event) };
    this.frame ||= requestAnimationFrame(() => this.tell());
  }

  async end(reported: boolean): Promise<void> {
    if (this.over) return;
    this.over = true;
    const { run } = this.answer;
    leaveRun(run.id);
    await ended(run, reported).catch(() => undefined);
    useActiveRuns.setState((runs) => Object.fromEntries(Object.entries(runs).filter(([id]) => id !== run.id)), true);
    setTimeout(() => streams.delete(run.id), LINGER);
  }

  private tell(): void {
    this.frame = 0;
    for (const changed of this.listeners) changed();
  }
}

/** The parts of a response after one more event. */
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
