/** What a text in the message field calls for: a command after a slash, an agent after an at sign. */

export interface Command {
  /** The name after the sign. */
  readonly name: string;
  readonly label: string;
  /** Distinguishes commands of the same name. */
  readonly id?: string;
  readonly run: () => void;
}

/** The word after the slash, or undefined if the text is more than the start of a command. */
export function commandWord(text: string): string | undefined {
  return /^\/(\S*)$/.exec(text)?.[1];
}

/** The beginning of an agent's name after an at sign at the end of a text, and the text before it. */
export function mentionIn(text: string): { readonly word: string; readonly before: string } | undefined {
  const [match, before, word] = /^((?:.*\s)?)@(\S*)$/s.exec(text) ?? [];
  return match === undefined ? undefined : { word: word ?? "", before: before ?? "" };
}

/** The commands for a prefix: matches of the name first, then matches of a word in the label. */
export function matchingCommands(commands: readonly Command[], word: string): readonly Command[] {
  const prefix = word.toLowerCase();
  const byName = commands.filter(({ name }) => name.toLowerCase().startsWith(prefix));
  const byLabel = commands.filter(
    (command) => !byName.includes(command) && command.label.toLowerCase().split(/\s+/).some((labelWord) => labelWord.startsWith(prefix)),
  );
  return [...byName, ...byLabel];
}
