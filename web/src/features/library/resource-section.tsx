import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowLeftIcon, PlusIcon, Trash2Icon } from "lucide-react";
import { type ComponentType, type ReactNode, useState } from "react";

import { Button, IconButton } from "@/components/ui/button";
import { Empty, Failed, Skeleton } from "@/components/ui/state";
import { meQuery } from "@/data/me";
import type { NamedRecord, Resource } from "@/data/resource";
import { useDeleteRecord } from "@/data/resource-changes";
import { useT } from "@/features/library/texts";

import { ResourceTrash } from "./resource-trash";

type NounName = "prompts" | "agents" | "rules" | "tags" | "providers" | "api-keys";

/** How a noun of the library is shown. `R` are its records. */
export interface Noun<R extends NamedRecord, Values> {
  /** The name of the noun, which also begins the keys of its texts. */
  readonly name: NounName;
  readonly resource: Resource<R, Values>;
  readonly icon: ReactNode;
  /** What a row shows beside the name. */
  readonly Summary: ComponentType<{ record: R }>;
  /** Creates or edits a record. */
  readonly Editor: ComponentType<{ record: R | undefined; onClose: () => void }>;
  /** The controls of a row. */
  readonly Controls?: ComponentType<{ record: R }>;
  /** What a row shows below. `records` are all, in their order. */
  readonly Below?: ComponentType<{ record: R; records: readonly R[] }>;
  /** What follows the list. */
  readonly Further?: ComponentType;
  /** The order of the records; by default that of their names. */
  readonly order?: (a: R, b: R) => number;
  /** What a notice says about a record that was deleted, if not only that. */
  readonly describeDeleted?: (deleted: R) => string | undefined;
  /** What the trash shows besides. */
  readonly FurtherTrash?: ComponentType;
  /** Whether a user may change a record, by the user's id; all, if undefined. */
  readonly mayChange?: (record: R, user: string | undefined) => boolean;
}

/** All records of a noun, or with `deleted` those in the trash. */
export function ResourceSection<R extends NamedRecord, Values>({ noun, deleted }: { noun: Noun<R, Values>; deleted: boolean }) {
  const t = useT();
  const { name, resource, icon, Editor } = noun;
  const [editing, edit] = useState<R | "new">();
  const { data: records, error, refetch } = useQuery(resource.query());
  return (
    <section aria-label={t(`library.${name}.title`)} className="flex flex-col gap-4">
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-60 flex-1">
          <h2 className="font-semibold">{t(deleted ? "library.trash" : `library.${name}.title`)}</h2>
          {!deleted && <p className="mt-1 text-sm text-muted">{t(`library.${name}.hint`)}</p>}
        </div>
        <div className="flex gap-2">
          <TrashLink name={name} deleted={deleted} />
          {!deleted && (
            <Button variant="primary" onClick={() => edit("new")}>
              <PlusIcon aria-hidden /> {t(`library.${name}.new`)}
            </Button>
          )}
        </div>
      </div>
      {deleted && <ResourceTrash resource={resource} icon={icon} further={noun.FurtherTrash && <noun.FurtherTrash />} />}
      {!deleted && error && !records && <Failed error={error} onRetry={() => void refetch()} />}
      {!deleted && !records && !error && <Skeleton className="h-40 rounded-xl" />}
      {!deleted && records?.length === 0 && <Empty icon={icon} title={t(`library.${name}.empty`)} />}
      {!deleted && records && records.length > 0 && <Records noun={noun} records={noun.order ? records.toSorted(noun.order) : records} onEdit={edit} />}
      {!deleted && noun.Further && <noun.Further />}
      {editing && <Editor record={editing === "new" ? undefined : editing} onClose={() => edit(undefined)} />}
    </section>
  );
}

function TrashLink({ name, deleted }: { name: NounName; deleted: boolean }) {
  const t = useT();
  return (
    <Button asChild className="text-muted">
      <Link to="/library/{-$page}" params={{ page: name }} search={deleted ? {} : { deleted: true }}>
        {deleted ? <ArrowLeftIcon aria-hidden className="rtl:-scale-x-100" /> : <Trash2Icon aria-hidden />}
        {t(deleted ? "library.trash.leave" : "library.trash")}
      </Link>
    </Button>
  );
}

interface RecordsProps<R extends NamedRecord, Values> {
  noun: Noun<R, Values>;
  records: readonly R[];
  onEdit: (record: R) => void;
}

function Records<R extends NamedRecord, Values>({ noun, records, onEdit }: RecordsProps<R, Values>) {
  const t = useT();
  const { name, resource, Summary, Controls, Below, mayChange, describeDeleted } = noun;
  const { data: me } = useQuery(meQuery);
  return (
    <ul aria-label={t(`library.${name}.title`)} className="divide-y divide-line overflow-hidden rounded-xl border bg-raised">
      {records.map((record) => (
        <li key={record.id}>
          <RecordRow
            resource={resource}
            record={record}
            changeable={mayChange?.(record, me?.id) ?? true}
            controls={Controls && <Controls record={record} />}
            describeDeleted={describeDeleted}
            onEdit={onEdit}
          >
            <Summary record={record} />
          </RecordRow>
          {Below && <Below record={record} records={records} />}
        </li>
      ))}
    </ul>
  );
}

interface RowProps<R extends NamedRecord, Values> {
  resource: Resource<R, Values>;
  record: R;
  /** Whether the user may change and delete it. */
  changeable?: boolean;
  /** Shown beside the button that deletes it. */
  controls?: ReactNode;
  describeDeleted?: ((deleted: R) => string | undefined) | undefined;
  onEdit: (record: R) => void;
  children: ReactNode;
}

/** A record in a list: it opens the editor, and has a button that deletes it. */
export function RecordRow<R extends NamedRecord, Values>({ resource, record, changeable = true, onEdit, children, ...row }: RowProps<R, Values>) {
  const t = useT();
  const { mutate: remove } = useDeleteRecord(resource, row.describeDeleted);
  const { name } = record;
  return (
    <div className="flex items-center gap-1 pe-2 focus-within:bg-hover hover:bg-hover">
      <button
        type="button"
        onClick={() => onEdit(record)}
        className="flex min-h-11 min-w-0 flex-1 items-center gap-3 px-4 py-2 text-start text-sm -outline-offset-2"
      >
        <span className="sr-only">{t(changeable ? "library.edit" : "library.prompt.view")} </span>
        {children}
      </button>
      {row.controls}
      {changeable && (
        <IconButton label={t("library.remove", { name })} side="left" className="text-muted" onClick={() => remove(record)}>
          <Trash2Icon />
        </IconButton>
      )}
    </div>
  );
}
