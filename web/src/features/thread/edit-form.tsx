import { type KeyboardEvent, useRef, useState } from "react";

import type { Message, Part } from "@/api/client";
import { Button } from "@/components/ui/button";
import { textOf } from "./rows";
import { useThreadContext } from "./thread-context";
import { useT } from "@/i18n";
import { NO_DRAFT, drafts } from "@/lib/drafts";
import { keyAction } from "@/lib/keys";
import { useTouch } from "@/lib/media";
import { usePreferences } from "@/lib/preferences";
import { composes, keyName } from "@/lib/shortcuts";

/** Edits a message. Attachments are kept, and the text is saved as a draft until it is sent. */
export function EditForm({ message }: { message: Message }) {
  const t = useT();
  const { actions } = useThreadContext();
  const before = textOf(message.parts);
  const [text, setText] = useState(() => drafts.get(message.id).text || before);
  const enterSends = usePreferences((state) => state.enterSends);
  const touch = useTouch();
  const field = useRef<HTMLTextAreaElement>(null);
  const others = message.parts.filter((part) => part.type === "image" || part.type === "file");
  const ready = text.trim() !== "" && text !== before;
  const save = () => {
    if (!ready) return;
    const part: Part = { type: "text", text };
    actions.editMessage(message, [...others, part]);
  };
  const write = (value: string) => {
    setText(value);
    drafts.change(message.id, { text: value === before ? "" : value });
  };
  const cancel = () => {
    drafts.change(message.id, NO_DRAFT);
    actions.edit(undefined);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !composes(event.nativeEvent)) actions.edit(undefined);
    else if (keyAction(event.nativeEvent, { empty: false, enterSends, touch }) === "send") save();
    else return;
    event.preventDefault();
  };
  return (
    <form
      className="flex w-full flex-col gap-2 rounded-2xl border bg-raised p-3"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <textarea
        ref={field}
        autoFocus
        dir="auto"
        aria-label={t("thread.edit")}
        value={text}
        rows={Math.min(text.split("\n").length + 1, 12)}
        className="max-h-[60dvh] min-h-16 w-full resize-none bg-transparent px-1 leading-6 outline-none field-sizing-content touch:text-[max(16px,1rem)]"
        onFocus={(event) => event.currentTarget.setSelectionRange(text.length, text.length)}
        onChange={(event) => write(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div className="flex flex-wrap items-center justify-end gap-2">
        <p className="min-w-40 flex-1 px-1 text-xs text-muted">
          {t(message.role === "user" ? "thread.edit.hint" : "thread.edit.responseHint")}
          {!touch && ` ${t(enterSends ? "thread.edit.enter" : "thread.edit.modEnter", { mod: keyName("mod", t) })}`}
        </p>
        <Button size="small" onClick={cancel}>
          {t("app.cancel")}
        </Button>
        <Button size="small" variant="primary" type="submit" disabled={!ready}>
          {t(message.role === "user" ? "thread.edit.send" : "app.save")}
        </Button>
      </div>
    </form>
  );
}
