/** Keyboard handling of the message field. */
import { composes } from "@/lib/shortcuts";

export interface Press {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly isComposing: boolean;
  readonly keyCode: number;
}

export interface Field {
  readonly empty: boolean;
  readonly enterSends: boolean;
  /** On-screen keyboards have no Shift+Enter, so Enter adds a new line there. */
  readonly touch: boolean;
}

export function keyAction(press: Press, field: Field): "send" | "edit last" | undefined {
  if (composes(press)) return undefined;
  const command = press.ctrlKey || press.metaKey;
  if (press.key === "Enter") {
    if (press.shiftKey || press.altKey) return undefined;
    return command || (field.enterSends && !field.touch) ? "send" : undefined;
  }
  const bare = !command && !press.shiftKey && !press.altKey;
  return press.key === "ArrowUp" && bare && field.empty ? "edit last" : undefined;
}
