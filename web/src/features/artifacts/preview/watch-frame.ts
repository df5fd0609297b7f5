/**
 * Watches a frame from outside: its heartbeat each second, and its errors. Code in the frame can forge these messages,
 * so they are shown as text and prove only that the frame is responsive.
 */

/** Milliseconds without a message after which a frame counts as unresponsive. */
const TIMEOUT = 4000;
const TICK = 1000;
/** More messages than this per tick count as flooding. */
const TOO_MANY = 200;
const LONGEST = 500;

/** `failed`: the frame loaded something that is not a preview. */
export type FrameState = "loading" | "running" | "busy" | "failed";

export interface Watcher {
  onState: (state: FrameState) => void;
  onError: (text: string) => void;
  /** The frame floods the page with messages. */
  onFlood: () => void;
}

/** Watch a frame until the returned function is called. */
export function watchFrame(frame: HTMLIFrameElement, { onState, onError, onFlood }: Watcher): () => void {
  let lastMessage = performance.now();
  let loadedBefore = 0;
  let loaded = 0;
  let tick = 0;
  let words = 0;
  const over = new AbortController();
  const onMessage = ({ source, data }: MessageEvent<unknown>) => {
    if (source !== frame.contentWindow || over.signal.aborted) return;
    const now = performance.now();
    if (now - tick > TICK) [tick, words] = [now, 0];
    words += 1;
    if (words > TOO_MANY) {
      over.abort();
      return onFlood();
    }
    const error = errorOf(data);
    if (error !== undefined) return onError(error);
    const word = wordOf(data);
    if (word === "begun") loadedBefore += 1;
    else if (word !== "alive") return;
    lastMessage = now;
    onState("running");
  };
  const check = () => {
    const now = performance.now();
    // Browsers throttle hidden pages.
    if (document.visibilityState === "hidden") lastMessage = now;
    else if (now - lastMessage > TIMEOUT) onState(loaded > loadedBefore ? "failed" : "busy");
  };
  const timer = setInterval(check, TICK);
  over.signal.addEventListener("abort", () => clearInterval(timer));
  addEventListener("message", onMessage, over);
  frame.addEventListener("load", () => (loaded += 1), over);
  return () => over.abort();
}

function wordOf(data: unknown): unknown {
  return typeof data === "object" && data !== null && "hansard" in data ? data.hansard : undefined;
}

function errorOf(data: unknown): string | undefined {
  const text = wordOf(data) === "error" ? (data as { text?: unknown }).text : undefined;
  return typeof text === "string" ? text.slice(0, LONGEST) : undefined;
}
