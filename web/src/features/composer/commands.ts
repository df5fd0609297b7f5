/** Slash commands. */

export interface Command {
  /** The word after the slash. */
  readonly name: string;
  readonly label: string;
  readonly run: () => void;
}

/** The word after the slash, or undefined if the text is more than the start of a command. */
export function commandWord(text: string): string | undefined {
  return /^\/(\S*)$/.exec(text)?.[1];
}

/** The commands for a prefix: matches of the name first, then matches of a word in the label. */
export function matchingCommands(commands: readonly Command[], word: string): readonly Command[] {
  const prefix = word.toLowerCase();
  const byName = commands.filter(({ name }) => name.startsWith(prefix));
  const byLabel = commands.filter(
    (command) => !byName.includes(command) && command.label.toLowerCase().split(/\s+/).some((labelWord) => labelWord.startsWith(prefix)),
  );
  return [...byName, ...byLabel];
}
