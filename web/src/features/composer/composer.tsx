import { ArrowUpIcon, PlusIcon, SquareIcon } from "lucide-react";
import { type KeyboardEvent, type ReactNode, type RefObject, Suspense, useEffect, useEffectEvent, useRef, useState } from "react";

import type { Part, PromptTemplate } from "@/api/client";
import { announce } from "@/components/announcer";
import { IconButton } from "@/components/ui/button";
import { Attachments } from "@/features/composer/attachments";
import { CommandList, useCommandChoice } from "@/features/composer/command-list";
import type { Command } from "@/features/composer/commands";
import { DropOverlay } from "@/features/composer/drop-overlay";
import { LONG_PASTE, partsOf, pastedFiles } from "@/features/composer/files";
import { RulesButton } from "@/features/composer/rules-button";
import { addFiles, useUploads } from "@/features/composer/uploads";
import { useOffers } from "@/features/composer/use-offers";
import { useT } from "@/i18n";
import { type Choices, NO_DRAFT, drafts, followDrafts, useDraft } from "@/lib/drafts";
import { keyAction } from "@/lib/keys";
import { lazyComponent } from "@/lib/lazy";
import { useTouch } from "@/lib/media";
import { usePreferences } from "@/lib/preferences";

interface ComposerProps {
  /** The key of the draft: the conversation's id, or a name for a conversation that does not exist yet. */
  draftKey: string;
  /** Whether a response is being generated. Messages sent meanwhile also go to `onSay`. */
  running: boolean;
  /** Content beside the buttons, such as the model picker. */
  controls?: ReactNode;
  /** The slash commands. Templates are listed with them. */
  commands?: readonly Command[];
  /** The agent that the conversation is held with. Its tasks are listed too. */
  agentId?: string | null | undefined;
  placeholder?: string;
  autoFocus?: boolean;
  onSay: (parts: Part[], choices: Choices) => void;
  onStop: () => void;
  /** Called for the Up key in an empty field. */
  onEditLast?: () => void;
}

const NO_COMMANDS: readonly Command[] = [];
const NO_CHOICES: Choices = {};
const Chosen = lazyComponent(() => import("@/features/composer/chosen"));
const TemplateDialog = lazyComponent(() => import("@/features/composer/template-dialog"));

/** Browsers without `field-sizing` get a hidden copy of the text behind the field, which sets its height. */
const GROWS = CSS.supports("field-sizing", "content");
const TEXT = "max-h-[40dvh] min-h-13 w-full px-4 pt-3.5 pb-1 leading-6 [grid-area:1/1] touch:text-[max(16px,1rem)]";

/** The message field. */
export function Composer(props: ComposerProps) {
  return <Editor key={props.draftKey} {...props} />;
}

function Editor({
  draftKey,
  running,
  controls,
  commands = NO_COMMANDS,
  agentId,
  placeholder,
  autoFocus = false,
  onSay,
  onStop,
  onEditLast,
}: ComposerProps) {
  const t = useT();
  const field = useRef<HTMLTextAreaElement>(null);
  const enterSends = usePreferences((state) => state.enterSends);
  const touch = useTouch();
  const [draft, change] = useDraft(draftKey);
  const uploads = useUploads(draftKey);
  const parts = partsOf(draft);
  const ready = parts.length > 0 && uploads.length === 0;
  const { choices = NO_CHOICES } = draft;
  const choose = (some: Choices) => change({ choices: some });
  const [template, fillIn] = useState<PromptTemplate>();
  const offers = useOffers(draft.text, { commands, agentId: choices.agent ?? agentId, onTemplate: fillIn, onAgent: (agent) => choose({ ...choices, agent }) });
  const choice = useCommandChoice(draft.text, offers, (text) => change({ text }));

  useEffect(followDrafts, []);
  useEffect(() => {
    if (autoFocus && !touch) field.current?.focus();
  }, [autoFocus, touch]);

  const send = () => {
    if (uploads.length > 0) announce(t("composer.unfinished"));
    if (!ready) return;
    change(NO_DRAFT);
    onSay(parts, choices);
  };
  const insert = (text: string) => {
    const { selectionStart: start, selectionEnd: end } = field.current ?? { selectionStart: 0, selectionEnd: 0 };
    const written = drafts.get(draftKey).text; // may be newer than the rendered text
    change({ text: written.slice(0, start) + text + written.slice(end) });
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (choice.onKey(event)) return;
    const { nativeEvent } = event;
    const meant = keyAction(nativeEvent, { empty: draft.text === "" && parts.length === 0, enterSends, touch });
    if (meant === undefined || (meant === "edit last" && !onEditLast)) return;
    event.preventDefault();
    if (meant === "send") send();
    else onEditLast?.();
  };
  const take = (files: readonly File[]) => {
    if (files.length === 0) return;
    addFiles(draftKey, files);
    field.current?.focus();
  };
  usePaste(field, take, (text) =>
    addFiles(draftKey, [new File([text], t("composer.pastedName"), { type: "text/plain" })], true),
  );

  return (
    <form
      aria-label={t("composer.label")}
      className="relative rounded-3xl border bg-raised shadow-sm transition-colors focus-within:border-muted/60"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <CommandList {...choice} />
      <Suspense>{Object.keys(choices).length > 0 && <Chosen choices={choices} onChange={choose} />}</Suspense>
      <Attachments draftKey={draftKey} files={draft.files} onText={insert} />
      <div className="grid">
        {!GROWS && (
          <div aria-hidden className={`${TEXT} invisible overflow-hidden wrap-break-word whitespace-pre-wrap`}>
            {`${draft.text}\n`}
          </div>
        )}
        <textarea
          ref={field}
          data-composer
          rows={1}
          value={draft.text}
          placeholder={placeholder ?? t("composer.placeholder")}
          aria-label={t("composer.field")}
          aria-autocomplete="list"
          aria-controls={choice.matches.length > 0 ? choice.listId : undefined}
          aria-activedescendant={choice.matches.length > 0 ? `${choice.listId}-${choice.selected}` : undefined}
          enterKeyHint={touch || !enterSends ? "enter" : "send"}
          className={`${TEXT} resize-none bg-transparent outline-none field-sizing-content`}
          onChange={(event) => change({ text: event.target.value })}
          onKeyDown={onKeyDown}
        />
      </div>
      <div className="flex items-center gap-1 p-2 pt-0">
        <AttachButton onFiles={take} />
        <div className="flex min-w-0 flex-1 items-center gap-1">
          {controls}
          <RulesButton choices={choices} onChange={choose} />
        </div>
        {running && (
          <IconButton label={t("composer.stop")} side="top" variant="primary" className="rounded-full" onClick={onStop}>
            <SquareIcon className="size-3! fill-current" />
          </IconButton>
        )}
        {(!running || ready) && (
          <IconButton
            type="submit"
            label={t(running ? "composer.queue" : "composer.send")}
            side="top"
            variant={running ? "outline" : "primary"}
            className="rounded-full"
            disabled={!ready}
          >
            <ArrowUpIcon />
          </IconButton>
        )}
      </div>
      <DropOverlay onFiles={take} />
      <Suspense>
        {template && (
          <TemplateDialog
            template={template}
            onClose={() => fillIn(undefined)}
            onSend={(rendered, made) => {
              choose(NO_CHOICES);
              onSay(rendered, { ...choices, ...made });
            }}
          />
        )}
      </Suspense>
    </form>
  );
}

function AttachButton({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  const t = useT();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton label={t("composer.attach")} side="top" className="rounded-full" onClick={() => input.current?.click()}>
        <PlusIcon />
      </IconButton>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={t("composer.attach")}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
    </>
  );
}

/** Accepts files pasted anywhere outside other fields, and long texts pasted into this field. */
function usePaste(
  field: RefObject<HTMLTextAreaElement | null>,
  onFiles: (files: readonly File[]) => void,
  onLongText: (text: string) => void,
): void {
  const onPaste = useEffectEvent((event: ClipboardEvent) => {
    const here = event.target === field.current;
    const elsewhere = event.target instanceof Element && event.target.closest("input, textarea, [contenteditable], [role=dialog]");
    if (!event.clipboardData || (elsewhere && !here)) return;
    const files = pastedFiles(event.clipboardData);
    const text = event.clipboardData.getData("text/plain");
    if (files.length > 0) onFiles(files);
    else if (here && text.length > LONG_PASTE) onLongText(text);
    else return;
    event.preventDefault();
  });
  useEffect(() => {
    document.addEventListener("paste", onPaste);
    return () => document.removeEventListener("paste", onPaste);
  }, []);
}
