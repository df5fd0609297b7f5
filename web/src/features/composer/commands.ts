/** Commands: what a message that begins with a slash can do instead of being said. */

export interface Command {
  /** What is typed after the slash. */
  readonly name: string;
  readonly label: string;
  readonly run: () => void;
}

/** What follows the slash, while a text is nothing but the beginning of a command. */
export function commandWord(text: string): string | undefined {
  return /^\/(\S*)$/.exec(text)?.[1];
}

/** The commands that a word may mean: those whose name begins with it, then those with a word in their label that does. */
export function matchingCommands(commands: readonly Command[], word: string): readonly Command[] {
  const prefix = word.toLowerCase();
  const byName = commands.filter(({ name }) => name.startsWith(prefix));
  const byLabel = commands.filter(
    (command) => !byName.includes(command) && command.label.toLowerCase().split(/\s+/).some((labelWord) => labelWord.startsWith(prefix)),
  );
  return [...byName, ...byLabel];
}
