/**
 * The one connection on which the server tells what goes on: what changes in the record, and what is said in the runs
 * that somebody looks at. It comes back by itself, to where it was: nothing is missed, and nothing is heard twice.
 */
import { create } from "zustand";

import type { FeedEntry, RunEvent } from "@/api/client";
import { address } from "@/lib/base";
import { sessionProtocols } from "@/lib/session-key";

/** Whether the server can be reached, and whether it knows this browser no more, which ends all tries. */
export const useConnection = create<{ online: boolean; signedOut: boolean }>(() => ({ online: true, signedOut: false }));

export interface Listener {
  /** The connection is there, for the first time or again. */
  connected: () => void;
  /** It was away for longer than the server remembers: what is known must be read anew. */
  lost: () => void;
  changed: (entry: FeedEntry) => void;
  /** Whether the server knows this browser, also where that cannot be told: why a socket is refused, no page is told. */
  isKnown: () => Promise<boolean>;
}

export interface RunListener {
  /** The number of the last event that was heard, or 0. */
  readonly number: number;
  onEvent: (event: RunEvent) => void;
  /** There is no such run any more. */
  gone: () => void;
}

type Frame =
  | { readonly type: "ok"; readonly id: string }
  | { readonly type: "error"; readonly id: string; readonly problem: { readonly status: number } }
  | { readonly type: "resync"; readonly position: number }
  | { readonly type: "run.delta"; readonly event: RunEvent }
  | { readonly type: "change"; readonly entry: FeedEntry };

/** In milliseconds: until the next try, and between two questions whether the server is still there. */
const RETRY = 1000;
const PING_INTERVAL = 15_000;
/** The code of a connection that the server ends because of that. */
const SIGNED_OUT = 4401;

let listener: Listener | undefined;
let socket: WebSocket | undefined;
let position = 0;
let unanswered = false;
let timer: ReturnType<typeof setTimeout> | undefined;
const runs = new Map<string, RunListener>();

/** Be told of all that changes after a position, for as long as the page is open and signed in. */
export function listen(after: number, to: Listener): void {
  if (!listener) {
    position = after;
    setInterval(checkConnection, PING_INTERVAL);
    // A connection that went to sleep with the machine, or with its network, may be dead without knowing.
    addEventListener("online", checkConnection);
    document.addEventListener("visibilitychange", () => document.hidden || checkConnection());
  }
  listener = to;
  if (!socket) connect();
}

/** Be told what is said in a run, for as long as somebody looks. */
export function followRun(id: string, run: RunListener): void {
  runs.set(id, run);
  askForRun(id, run);
}

export function leaveRun(id: string): void {
  if (runs.delete(id)) send({ type: "unsubscribe", runs: [id] });
}

function connect(): void {
  timer = void clearTimeout(timer);
  if (useConnection.getState().signedOut) return;
  const opened = new WebSocket(address("api/v1/ws").replace(/^http/, "ws"), sessionProtocols());
  socket = opened;
  unanswered = false;
  let wasOpen = false;
  opened.addEventListener("open", () => {
    wasOpen = true;
    send({ type: "subscribe", id: "changes", topics: ["*"], after: position });
    runs.forEach((run, id) => askForRun(id, run));
  });
  opened.addEventListener("message", ({ data }: MessageEvent<string>) => socket === opened && onFrame(frameOf(data)));
  opened.addEventListener("close", ({ code }) => {
    if (socket !== opened) return;
    if (code === SIGNED_OUT) return signedOut();
    disconnect();
    if (!wasOpen) void listener?.isKnown().then((isKnown) => isKnown || signedOut());
  });
}

function signedOut(): void {
  useConnection.setState({ signedOut: true });
  timer = void clearTimeout(timer);
  const left = socket;
  socket = undefined;
  left?.close();
}

/** The connection is gone: try again in a moment. */
function disconnect(): void {
  const left = socket;
  socket = undefined;
  left?.close();
  useConnection.setState({ online: false });
  timer = setTimeout(connect, RETRY);
}

/** Ask whether the server is there, or try at once to reach it; if it did not answer the last time, it is not. */
function checkConnection(): void {
  if (timer !== undefined) return connect();
  if (socket?.readyState !== WebSocket.OPEN) return;
  if (unanswered) return disconnect();
  unanswered = true;
  send({ type: "ping", id: "beat" });
}

function send(request: object): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(request));
}

function askForRun(id: string, { number }: RunListener): void {
  send({ type: "subscribe", id, runs: { [id]: number } });
}

function frameOf(data: string): Frame {
  const frame = JSON.parse(data) as Frame | { readonly type: string; readonly entry: FeedEntry };
  return "entry" in frame ? { type: "change", entry: frame.entry } : (frame as Frame);
}

function onFrame(frame: Frame): void {
  unanswered = false;
  switch (frame.type) {
    case "ok":
      if (frame.id !== "changes") return;
      useConnection.setState({ online: true });
      return listener?.connected();
    case "error":
      if (frame.problem.status === 404) return runs.get(frame.id)?.gone();
      return disconnect();
    case "resync":
      position = frame.position;
      return listener?.lost();
    case "run.delta":
      return runs.get(frame.event.run_id)?.onEvent(frame.event);
    case "change":
      position = frame.entry.position;
      return listener?.changed(frame.entry);
  }
}
