/** The artifact to preview, and its container. */
import { reportError } from "./sandbox";
import { say } from "./texts";

export const root = document.querySelector("#root") as HTMLElement;

export function source(): { title: string; code: string } {
  return JSON.parse(document.querySelector("#source")?.textContent ?? "");
}

/** Show an error instead of the artifact, and report it. */
export function fail(problem: unknown): void {
  const text = problem instanceof Error ? problem.message : String(problem);
  const box = document.createElement("pre");
  box.role = "alert";
  box.textContent = `${say("broken")}\n\n${text}`;
  box.style.cssText = "margin: 1rem; font: 0.875rem/1.5 ui-monospace, monospace; white-space: pre-wrap; color: #b3261e";
  root.replaceChildren(box);
  reportError(problem);
}
