import type { ReactNode } from "react";

import { Refused } from "@/api/client";
import { Button } from "@/components/ui/button";
import { Dialog, DialogFooter } from "@/components/ui/dialog";
import { useT } from "@/i18n";
import { explain } from "@/lib/notice";

/** What the server says about a field, or about something in it, by its JSON pointer; undefined if it accepts it. */
export type ErrorAt = (pointer: string) => string | undefined;

interface Props {
  title: string;
  /** The text of the button that saves. */
  action: string;
  ready: boolean;
  saving: boolean;
  error: unknown;
  /** The fields that show errors themselves, by name. */
  fields: readonly string[];
  className?: string;
  onSave: () => void;
  onClose: () => void;
  /** The content. Each field shows what `errorAt` says about it; other errors are shown below. */
  children: (errorAt: ErrorAt) => ReactNode;
}

/** A form in a dialog that shows beside each field why the server refuses it. */
export function RecordForm({ title, className = "sm:max-w-xl", onClose, ...form }: Props) {
  return (
    <Dialog open onOpenChange={onClose} title={title} className={className}>
      <FormBody {...form} onClose={onClose} />
    </Dialog>
  );
}

/** The fields and buttons of a form. */
export function FormBody({ action, ready, saving, error, fields, onSave, onClose, children }: Omit<Props, "title" | "className">) {
  const t = useT();
  const refused = error instanceof Refused ? error : undefined;
  const errorAt: ErrorAt = (pointer) => (refused && `${refused.pointer}/`.startsWith(`${pointer}/`) ? refused.message : undefined);
  const beside = refused && fields.some((name) => errorAt(`/${name}`) !== undefined);
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        event.stopPropagation();
        onSave();
      }}
    >
      {children(errorAt)}
      {error && !beside ? (
        <p role="alert" className="text-sm text-danger">
          {explain(error)}
        </p>
      ) : null}
      <DialogFooter>
        <Button onClick={onClose}>{t("app.cancel")}</Button>
        <Button type="submit" variant="primary" disabled={!ready || saving}>
          {action}
        </Button>
      </DialogFooter>
    </form>
  );
}
