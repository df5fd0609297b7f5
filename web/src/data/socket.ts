/**
 * The WebSocket connection: changes of the data, and events of the runs that are shown. It reconnects
 * automatically and resumes at its position, so nothing is missed or delivered twice.
 */
import { create } from "zustand";

import type { FeedEvent, RunEvent } from "@/api/client";
import { address } from "@/lib/base";
import { sessionProtocols } from "@/lib/session-key";

/** Whether the server is reachable, and whether this browser is signed out, which stops reconnecting. */
export const useConnection = create<{ online: boolean; signedOut: boolean }>(() => ({ online: true, signedOut: false }));

export interface Listener {
  /** Connected or reconnected. */
  connected: () => void;
  /** The position is older than the server's feed: all data must be reloaded. */
  lost: () => void;
  changed: (event: FeedEvent) => void;
  /** Whether this browser is signed in; true if unknown. Browsers do not tell pages why a socket was refused. */
  isKnown: () => Promise<boolean>;
}

export interface RunListener {
  /** The number of the last received event, or 0. */
  readonly number: number;
  onEvent: (event: RunEvent) => void;
  /** The run does not exist any more. */
  gone: () => void;
}

type Frame =
  | { readonly type: "ok"; readonly id: string }
  | { readonly type: "error"; readonly id: string; readonly problem: { readonly status: number } }
  | { readonly type: "resync"; readonly position: number }
  | { readonly type: "run.delta"; readonly event: RunEvent }
  | FeedEvent;

/** Milliseconds before reconnecting, and between pings. */
const RETRY = 1000;
const PING_INTERVAL = 15_000;
/** The close code for a session that has ended. */
const SIGNED_OUT = 4401;

let listener: Listener | undefined;
let socket: WebSocket | undefined;
let position = 0;
let unanswered = false;
let timer: ReturnType<typeof setTimeout> | undefined;
const runs = new Map<string, RunListener>();

/** Subscribe to all changes after a position, while the page is open and signed in. */
export function listen(after: number, to: Listener): void {
  if (!listener) {
    position = after;
    setInterval(checkConnection, PING_INTERVAL);
    // After sleep or a network change, a connection may be dead without a close event.
    addEventListener("online", checkConnection);
    document.addEventListener("visibilitychange", () => document.hidden || checkConnection());
  }
  listener = to;
  if (!socket) connect();
}

/** Subscribe to the events of a run. */
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

/** The connection is lost: reconnect after a pause. */
function disconnect(): void {
  const left = socket;
  socket = undefined;
  left?.close();
  useConnection.setState({ online: false });
  timer = setTimeout(connect, RETRY);
}

/** Ping the server or reconnect at once; an unanswered earlier ping means that the connection is dead. */
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
  return JSON.parse(data) as Frame;
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
    default:
      position = frame.position;
      return listener?.changed(frame);
  }
}
