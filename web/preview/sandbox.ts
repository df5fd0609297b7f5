/**
 * Runs in every preview before the artifact. It tells the page around it that the preview is alive and reports its
 * errors, and removes features that no header removes in every browser. It is not a security boundary: the artifact
 * runs in the same realm, and can undo it.
 */
const BEAT = 1000;
const LONGEST = 500;

/** Messages to the page around, which does not trust them. */
type Said = { hansard: "begun" | "alive" } | { hansard: "error"; text: string };

const say = ((post) => (said: Said) => post(said, "*"))(parent.postMessage.bind(parent));

export function tell(problem: unknown): void {
  const text = problem instanceof Error ? `${problem.name}: ${problem.message}` : String(problem);
  say({ hansard: "error", text: text.slice(0, LONGEST) });
}

export function begin(): void {
  say({ hansard: "begun" });
  setInterval(() => say({ hansard: "alive" }), BEAT);
  hearErrors();
  for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection"]) Reflect.deleteProperty(globalThis, name);
  letFormsBeHeard();
}

function hearErrors(): void {
  addEventListener("error", ({ error, message }) => tell(error ?? message));
  addEventListener("unhandledrejection", ({ reason }) => tell(reason));
  const error = console.error.bind(console);
  console.error = (...values: unknown[]) => {
    error(...values);
    tell(values.map(String).join(" "));
  };
}

/** The sandbox blocks forms without a submit event. Most scripts only need that event. */
function letFormsBeHeard(): void {
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
