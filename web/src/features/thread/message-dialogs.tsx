import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import type { Applied as AppliedRecord } from "@/api/client";
import { Confirm } from "@/components/ui/confirm";
import { Dialog } from "@/components/ui/dialog";
import { useDeleteMessage } from "@/data/messages";
import { modelTitle } from "@/data/models";
import { endedRunQuery } from "@/data/runs";
import { subtreeCount } from "@/data/tree";
import { useLanguage, useT } from "@/i18n";
import { dateTime } from "@/lib/time";

import { Applied } from "./applied";
import { JsonView } from "./json-view";
import { type MessageDialog, useThreadContext } from "./thread-context";

/** The dialogs for one message. */
export default function MessageDialogs({ dialog: { kind, message }, onClose }: { dialog: MessageDialog; onClose: () => void }) {
  const t = useT();
  const { conversationId, branches } = useThreadContext();
  const { mutate: remove } = useDeleteMessage(conversationId);
  const count = subtreeCount(branches, message);
  if (kind === "delete")
    return (
      <Confirm
        open
        onOpenChange={onClose}
        title={t("thread.delete.title", { count })}
        description={t("thread.delete.hint", { count })}
        action={t("app.delete")}
        onConfirm={() => remove(message.id)}
      />
    );
  return (
    <Dialog open onOpenChange={onClose} title={t(kind === "raw" ? "thread.raw" : "thread.details")} className="sm:max-w-2xl">
      {kind === "raw" ? <JsonView value={message} label={t("thread.raw")} /> : <Details message={message} />}
    </Dialog>
  );
}

function Details({ message }: { message: MessageDialog["message"] }) {
  const t = useT();
  const language = useLanguage();
  const { branches } = useThreadContext();
  const { data: run } = useQuery({ ...endedRunQuery(message.run_id ?? ""), enabled: Boolean(message.run_id) });
  const seconds = run?.ended_at ? (Date.parse(run.ended_at) - Date.parse(run.created_at)) / 1000 : undefined;
  const branch = branches.find(({ id }) => id === message.branch);
  const position = t("thread.details.positionValue", { number: message.seq + 1, branch: branch?.name ?? message.branch });
  const rows: readonly (readonly [string, ReactNode])[] = [
    [t("thread.details.role"), message.role],
    [t("thread.details.model"), message.model && `${modelTitle(message.model, t)} (${message.model})`],
    [t("thread.details.time"), dateTime(message.created_at, language)],
    [t("thread.details.duration"), seconds !== undefined && t("thread.details.seconds", { seconds: Math.round(seconds * 10) / 10 })],
    [t("thread.details.tokensIn"), message.tokens_in?.toLocaleString(language)],
    [t("thread.details.tokensOut"), message.tokens_out?.toLocaleString(language)],
    [t("thread.details.finish"), message.finish],
    [t("thread.details.position"), position],
    [t("thread.details.id"), <code key="id">{message.id}</code>],
  ];
  return (
    <>
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2 text-sm">
        {rows
          .filter(([, value]) => value !== null && value !== undefined && value !== false)
          .map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-muted">{name}</dt>
              <dd className="min-w-0 wrap-anywhere">{value}</dd>
            </div>
          ))}
      </dl>
      {run?.applied && <Applied applied={run.applied as AppliedRecord} />}
    </>
  );
}
