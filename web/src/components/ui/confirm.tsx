import { type ReactNode, useState } from "react";

import { Button } from "@/components/ui/button";
import { Dialog, DialogFooter } from "@/components/ui/dialog";
import { Input } from "@/components/ui/field";
import { useT } from "@/i18n";

/** Asks for confirmation. With `typed`, the user must type that word first. */
export function Confirm({
  open,
  onOpenChange,
  title,
  description,
  action,
  typed,
  onConfirm,
  children,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description: ReactNode;
  action: string;
  typed?: { label: string; word: string };
  onConfirm: () => void;
  children?: ReactNode;
}) {
  const t = useT();
  const [word, setWord] = useState("");
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={title} description={description}>
      {children}
      {typed && (
        <label className="flex flex-col gap-1.5 text-sm">
          {typed.label}
          <Input value={word} autoComplete="off" onChange={(event) => setWord(event.target.value)} />
        </label>
      )}
      <DialogFooter>
        <Button onClick={() => onOpenChange(false)}>{t("app.cancel")}</Button>
        <Button
          variant="danger"
          disabled={typed !== undefined && word !== typed.word}
          onClick={() => {
            onOpenChange(false);
            setWord("");
            onConfirm();
          }}
        >
          {action}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
