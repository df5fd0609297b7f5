/**
 * What every preview begins with, before anything of the artifact runs. It tells the page around it that the preview
 * lives and what went wrong in it, and takes away what no header takes away everywhere. Nothing here is a wall that has to hold:
 * what runs after it is in the same world, and may undo it.
 */
const BEAT = 1000;
const LONGEST = 500;

/** Said to the page around, which believes none of it. */
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

/** The sandbox sends no form, and does not even tell scripts that somebody wanted to. Most of them only want to know. */
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
