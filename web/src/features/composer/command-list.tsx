import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";

import { type Command, commandWord, matchingCommands, mentionIn } from "@/features/composer/commands";
import { useT } from "@/i18n";
import { cn } from "@/lib/cn";
import { composes } from "@/lib/shortcuts";

export interface CommandChoice {
  /** What begins the names: commands and templates follow a slash, agents an at sign. */
  readonly sign: "/" | "@";
  readonly matches: readonly Command[];
  readonly selected: number;
  readonly listId: string;
  readonly choose: (command: Command) => void;
  readonly point: (index: number) => void;
  /** Handles a key; returns whether it did. */
  readonly onKey: (event: KeyboardEvent) => boolean;
}

interface Offers {
  readonly commands: readonly Command[];
  readonly agents: readonly Command[];
}

/** What a text calls for. `onText` gets the rest of the text before something is chosen. */
export function useCommandChoice(text: string, { commands, agents }: Offers, onText: (rest: string) => void): CommandChoice {
  const listId = useId();
  const [dismissed, setDismissed] = useState<string>();
  const [pointed, setPointed] = useState({ text, index: 0 });
  const word = dismissed === text ? undefined : commandWord(text);
  const mention = dismissed === text || word !== undefined ? undefined : mentionIn(text);
  const matches = mention ? matchingCommands(agents, mention.word) : word === undefined ? [] : matchingCommands(commands, word);
  const selected = pointed.text === text ? Math.min(pointed.index, matches.length - 1) : 0;

  const point = (index: number) => setPointed({ text, index: (index + matches.length) % matches.length });
  const choose = (command: Command) => {
    onText(mention?.before ?? "");
    command.run();
  };
  const onKey = (event: KeyboardEvent) => {
    const command = matches[selected];
    if (!command || composes(event.nativeEvent)) return false;
    const acts: Record<string, () => void> = {
      ArrowDown: () => point(selected + 1),
      ArrowUp: () => point(selected - 1),
      Enter: () => choose(command),
      Tab: () => choose(command),
      Escape: () => setDismissed(text),
    };
    const act = event.shiftKey ? undefined : acts[event.key];
    if (!act) return false;
    event.preventDefault();
    event.stopPropagation();
    act();
    return true;
  };
  return { sign: mention ? "@" : "/", matches, selected, listId, choose, point, onKey };
}

export function CommandList({ sign, matches, selected, listId, choose, point }: CommandChoice) {
  const t = useT();
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[selected]?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  if (matches.length === 0) return null;
  return (
    <div
      ref={list}
      id={listId}
      role="listbox"
      aria-label={t(sign === "/" ? "composer.commands" : "composer.agents")}
      className="absolute inset-x-0 bottom-full z-20 mb-2 max-h-64 overflow-y-auto rounded-xl border bg-raised p-1 shadow-lg animate-in fade-in-0"
    >
      {matches.map((command, i) => (
        <button
          key={command.id ?? command.name}
          id={`${listId}-${i}`}
          type="button"
          role="option"
          tabIndex={-1}
          aria-selected={i === selected}
          // Keep the focus in the field.
          onPointerDown={(event) => event.preventDefault()}
          onPointerMove={() => i !== selected && point(i)}
          onClick={() => choose(command)}
          className={cn("flex w-full items-baseline gap-3 rounded-lg px-3 py-2 text-start text-sm touch:py-3", i === selected && "bg-hover")}
        >
          <span className="max-w-1/2 shrink-0 truncate font-medium">
            {sign}
            {command.name}
          </span>
          <span className="truncate text-muted">{command.label}</span>
        </button>
      ))}
    </div>
  );
}
