/** The keyboard shortcuts, for their handlers and for the settings page. */
import type { Key, Translate } from "@/i18n";

export interface Shortcut {
  readonly label: Key;
  /** As in `KeyboardEvent.key`; `mod` is Cmd on a Mac, else Ctrl. */
  readonly keys: readonly string[];
}

export const SHORTCUTS = {
  palette: { label: "shortcut.palette", keys: ["mod", "k"] },
  newChat: { label: "shortcut.newChat", keys: ["mod", "shift", "o"] },
  sidebar: { label: "shortcut.sidebar", keys: ["mod", "shift", "s"] },
  composer: { label: "shortcut.composer", keys: ["shift", "Escape"] },
  copyLast: { label: "shortcut.copyLast", keys: ["mod", "shift", "c"] },
  settings: { label: "shortcut.settings", keys: ["mod", "."] },
  shortcuts: { label: "shortcut.shortcuts", keys: ["mod", "/"] },
} as const satisfies Record<string, Shortcut>;

/** The shortcuts that the message field and the lists handle themselves. */
export const EDITING: readonly Shortcut[] = [
  { label: "shortcut.send", keys: ["Enter"] },
  { label: "shortcut.newline", keys: ["shift", "Enter"] },
  { label: "shortcut.editLast", keys: ["ArrowUp"] },
  { label: "shortcut.commands", keys: ["/"] },
  { label: "shortcut.stop", keys: ["Escape"] },
  { label: "shortcut.rename", keys: ["F2"] },
  { label: "shortcut.delete", keys: ["Delete"] },
];

const mac = /Mac|iPhone|iPad/.test(navigator.platform);

export function pressed(event: KeyboardEvent, { keys }: Shortcut): boolean {
  const wants = (name: string) => keys.includes(name);
  const key = keys.at(-1) ?? "";
  return (
    (mac ? event.metaKey : event.ctrlKey) === wants("mod") &&
    event.shiftKey === wants("shift") &&
    !event.altKey &&
    event.key.toLowerCase() === key.toLowerCase()
  );
}

/** The key code of input method events, which is Safari's only sign of them. */
const COMPOSING = 229;

/** Whether an input method is composing a character. */
export function composes({ isComposing, keyCode }: Pick<KeyboardEvent, "isComposing" | "keyCode">): boolean {
  return isComposing || keyCode === COMPOSING;
}

const NAMES: Readonly<Record<string, string>> = { Enter: "Enter", Escape: "Esc", ArrowUp: "↑", ...(mac && { mod: "⌘", shift: "⇧" }) };
const TRANSLATED: Readonly<Record<string, Key>> = { mod: "key.mod", shift: "key.shift", Delete: "key.delete" };

/** The name of a key. */
export function keyName(key: string, t: Translate): string {
  const translated = TRANSLATED[key];
  return NAMES[key] ?? (translated ? t(translated) : key.toUpperCase());
}
