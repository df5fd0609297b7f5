/**
 * What is known of a frame from outside: that it says something each second, and what went wrong in it. Whatever runs in
 * it may say anything in that form, so it is shown as text, and nothing else follows from it than that the frame is not busy.
 */

/** Milliseconds without a word after which a frame is busy. */
const PATIENCE = 4000;
const TICK = 1000;
/** Words within a tick that no honest frame says. */
const TOO_MANY = 200;
const LONGEST = 500;

/** `failed`: something was loaded that did not begin like a preview. */
export type FrameState = "loading" | "running" | "busy" | "failed";

export interface Watcher {
  onState: (state: FrameState) => void;
  onError: (text: string) => void;
  /** The frame floods the page with words. */
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
  const hear = ({ source, data }: MessageEvent<unknown>) => {
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
  const look = () => {
    const now = performance.now();
    // Browsers let hidden pages wait.
    if (document.visibilityState === "hidden") lastMessage = now;
    else if (now - lastMessage > PATIENCE) onState(loaded > loadedBefore ? "failed" : "busy");
  };
  const timer = setInterval(look, TICK);
  over.signal.addEventListener("abort", () => clearInterval(timer));
  addEventListener("message", hear, over);
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
