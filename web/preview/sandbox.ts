/**
 * Runs in every preview before the artifact. It tells the embedding page that the preview is alive and reports its
 * errors, and removes features that no header removes in every browser. It is not a security boundary: the artifact
 * runs in the same realm, and can undo it.
 */
const HEARTBEAT_MS = 1000;
const MAX_LENGTH = 500;

/** Messages to the embedding page, which does not trust them. */
type Message = { hansard: "begun" | "alive" } | { hansard: "error"; text: string };

const send = ((post) => (message: Message) => post(message, "*"))(parent.postMessage.bind(parent));

export function reportError(problem: unknown): void {
  const text = problem instanceof Error ? `${problem.name}: ${problem.message}` : String(problem);
  send({ hansard: "error", text: text.slice(0, MAX_LENGTH) });
}

export function start(): void {
  send({ hansard: "begun" });
  setInterval(() => send({ hansard: "alive" }), HEARTBEAT_MS);
  reportErrors();
  for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection"]) Reflect.deleteProperty(globalThis, name);
  dispatchSubmitEvents();
}

function reportErrors(): void {
  addEventListener("error", ({ error, message }) => reportError(error ?? message));
  addEventListener("unhandledrejection", ({ reason }) => reportError(reason));
  const error = console.error.bind(console);
  console.error = (...values: unknown[]) => {
    error(...values);
    reportError(values.map(String).join(" "));
  };
}

/** The sandbox blocks forms without a submit event. Most scripts only need that event. */
function dispatchSubmitEvents(): void {
  addEventListener("click", (event) => {
    const button = (event.target as Element).closest?.("button, input");
    if (event.defaultPrevented || !(button instanceof HTMLButtonElement || button instanceof HTMLInputElement)) return;
    if (button.form && (button.type === "submit" || button.type === "image")) {
      event.preventDefault();
      submit(button.form, button);
    }
  });
  HTMLFormElement.prototype.requestSubmit = requestSubmit;
}

function requestSubmit(this: HTMLFormElement, submitter: HTMLElement | null = null): void {
  submit(this, submitter);
}

function submit(form: HTMLFormElement, submitter: HTMLElement | null): void {
  if (!form.noValidate && !form.reportValidity()) return;
  form.dispatchEvent(new SubmitEvent("submit", { bubbles: true, cancelable: true, submitter }));
}
