import { useQuery } from "@tanstack/react-query";
import { PencilIcon, Trash2Icon } from "lucide-react";
import { useState } from "react";

import type { Branch } from "@/api/client";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { Dialog } from "@/components/ui/dialog";
import { Input } from "@/components/ui/field";
import { PlainButton } from "@/components/ui/plain-button";
import { branchesQuery, useDeleteBranch, useRenameBranch } from "@/data/branches";
import { headQuery } from "@/data/messages";
import { type Line, branchCount, outline } from "@/data/tree";
import { useLanguage, useT } from "@/i18n";
import { cn } from "@/lib/cn";
import { plainText } from "@/lib/plain-text";
import { shortDate } from "@/lib/time";

import { textOf } from "./rows";

interface BranchMapProps {
  conversationId: string;
  /** The user's current branch. */
  current: string | undefined;
  onBranch: (branch: string) => void;
  onClose: () => void;
}

/** All branches of a conversation as a tree. */
export default function BranchMap({ conversationId, current, onBranch, onClose }: BranchMapProps) {
  const t = useT();
  const { data } = useQuery(branchesQuery(conversationId));
  const branches = data?.items ?? [];
  const [unwanted, setUnwanted] = useState<Branch>();
  const { mutate: remove } = useDeleteBranch(conversationId);
  const count = unwanted ? branchCount(branches, unwanted) : 0;
  return (
    <Dialog open onOpenChange={onClose} title={t("thread.map")} description={t("thread.map.hint")} className="sm:max-w-2xl">
      <ul className="flex flex-col">
        {outline(branches).map((line) => (
          <BranchLine
            key={line.branch.id}
            conversationId={conversationId}
            line={line}
            here={line.branch.id === current}
            onGo={() => {
              onClose();
              onBranch(line.branch.id);
            }}
            onDelete={() => setUnwanted(line.branch)}
          />
        ))}
      </ul>
      {unwanted && (
        <Confirm
          open
          onOpenChange={() => setUnwanted(undefined)}
          title={t("thread.map.delete.title", { name: unwanted.name })}
          description={t("thread.map.delete.hint", { count })}
          action={t("app.delete")}
          onConfirm={() => remove(unwanted.id)}
        />
      )}
    </Dialog>
  );
}

function BranchLine({
  conversationId,
  line,
  here,
  onGo,
  onDelete,
}: {
  conversationId: string;
  line: Line;
  here: boolean;
  onGo: () => void;
  onDelete: () => void;
}) {
  const t = useT();
  const language = useLanguage();
  const { branch } = line;
  const [naming, setNaming] = useState(false);
  const { data: head } = useQuery(headQuery(conversationId, branch));
  const own = branch.head_seq - branch.fork_seq;
  return (
    <li className="flex items-stretch">
      <Rails line={line} />
      {naming ? (
        <NameField conversationId={conversationId} branch={branch} onDone={() => setNaming(false)} />
      ) : (
        <>
          <button
            type="button"
            aria-current={here ? "true" : undefined}
            className="my-0.5 min-w-0 flex-1 rounded-lg px-3 py-2 text-start hover:bg-hover aria-[current]:bg-accent-soft"
            onClick={onGo}
          >
            <span className="flex flex-wrap items-baseline gap-x-2">
              <span className="max-w-full truncate text-sm font-medium">{branch.name}</span>
              {here && <span className="shrink-0 text-xs text-muted">{t("thread.map.current")}</span>}
              <span className="ms-auto shrink-0 text-xs text-muted">
                {t("thread.map.messages", { count: own })} · {shortDate(branch.updated_at, language)}
              </span>
            </span>
            <span className="block truncate text-sm text-muted">{head ? plainText(textOf(head.parts).slice(0, 200)) : " "}</span>
          </button>
          <PlainButton label={t("thread.map.rename", { name: branch.name })} className="self-center" onClick={() => setNaming(true)}>
            <PencilIcon aria-hidden />
          </PlainButton>
          <PlainButton
            label={t("thread.map.delete", { name: branch.name })}
            className={cn("self-center", branch.parent_branch === null && "invisible")}
            onClick={onDelete}
          >
            <Trash2Icon aria-hidden />
          </PlainButton>
        </>
      )}
    </li>
  );
}

/** The tree lines beside a branch. */
function Rails({ line: { level, last, passing } }: { line: Line }) {
  if (level === 0) return null;
  return (
    <span aria-hidden className="flex">
      {passing.slice(1).map((goesOn, i) => (
        <span key={`level ${i + 1}`} className={cn("ms-3 w-2", goesOn && "border-s")} />
      ))}
      <span className="relative ms-3 w-4">
        <span className={cn("absolute inset-s-0 top-0 w-3 rounded-es-lg border-s border-b", "h-1/2")} />
        {!last && <span className="absolute inset-s-0 top-0 h-full border-s" />}
      </span>
    </span>
  );
}

function NameField({ conversationId, branch, onDone }: { conversationId: string; branch: Branch; onDone: () => void }) {
  const t = useT();
  const [name, setName] = useState(branch.name);
  const { mutate: rename } = useRenameBranch(conversationId);
  return (
    <form
      className="flex min-w-0 flex-1 items-center gap-2 px-1 py-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== "" && name !== branch.name) rename({ branch: branch.id, name: name.trim() });
        onDone();
      }}
    >
      <Input
        autoFocus
        aria-label={t("thread.map.name")}
        value={name}
        className="flex-1"
        onChange={(event) => setName(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          onDone();
        }}
      />
      <Button type="submit" size="small" variant="primary">
        {t("app.save")}
      </Button>
    </form>
  );
}
