/** Optimistic changes of records that a user sets up, and their trash. */
import { useMutation } from "@tanstack/react-query";

import { queryClient } from "@/data/client";
import { type NamedRecord, type Resource, isTrash } from "@/data/resource";
import { t } from "@/i18n";
import { newId } from "@/lib/ids";
import { notice } from "@/lib/notice";

/**
 * Create a record, or change one optimistically: only fields that differ are sent, so that changes by others to the
 * remaining ones are kept. Values that are no fields of the record, such as secrets, are only sent, and kept nowhere. The
 * form says why the server refuses.
 */
export function useSaveRecord<R extends NamedRecord, Values extends object>(resource: Resource<R, Values>, record: R | undefined) {
  return useMutation({
    mutationFn: (values: Values): Promise<R> =>
      record ? resource.requests.update(record.id, changedFields(record, values)) : resource.requests.create({ ...values, id: newId() }),
    onMutate: (values) => record && resource.show({ ...record, ...fieldsOf(record, values) }),
    onSuccess: (saved) => resource.show(saved),
    onError: () => record && resource.show(record),
    gcTime: 0,
  });
}

function fieldsOf<Values extends object>(record: object, values: Values): Partial<Values> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => name in record)) as Partial<Values>;
}

/** Change fields of a record optimistically, outside a form. */
export function useChangeRecord<R extends NamedRecord, Values>(resource: Resource<R, Values>) {
  return useMutation({
    mutationFn: ({ record, changes }: { record: R; changes: Partial<R> & Partial<Values> }) => resource.requests.update(record.id, changes),
    onMutate: ({ record, changes }) => resource.show({ ...record, ...changes }),
    onSuccess: (saved) => resource.show(saved),
    onError: (error, { record }) => {
      resource.show(record);
      notice.error(error);
    },
  });
}

function changedFields<Values extends object>(record: object, values: Values): Partial<Values> {
  const before = new Map<string, unknown>(Object.entries(record));
  const changed = Object.entries(values).filter(([name, value]) => JSON.stringify(before.get(name)) !== JSON.stringify(value));
  return Object.fromEntries(changed) as Partial<Values>;
}

/** Move a record to the trash, with undo. `describe` may say what that means for other records. */
export function useDeleteRecord<R extends NamedRecord, Values>(resource: Resource<R, Values>, describe?: (deleted: R) => string | undefined) {
  return useMutation({
    mutationFn: ({ id }: R) => resource.requests.delete(id),
    onMutate: ({ id }) => resource.hide(id),
    onSuccess: (deleted, record) => {
      const text = describe?.(deleted) ?? t("library.deleted", { name: record.name });
      notice.undoable(text, () => void restoreRecord(resource, record));
    },
    onError: (error, record) => {
      resource.show(record);
      notice.error(error);
    },
  });
}

/** Restore a record from the trash. */
export async function restoreRecord<R extends NamedRecord, Values>(resource: Resource<R, Values>, record: R): Promise<void> {
  forget(resource, record.id);
  resource.show({ ...record, deleted_at: null });
  try {
    resource.show(await resource.requests.restore(record.id));
  } catch (error) {
    resource.hide(record.id);
    notice.error(error);
    await resource.rereadTrash();
  }
}

/** Permanently delete a record in the trash. */
export function usePurgeRecord<R extends NamedRecord, Values>(resource: Resource<R, Values>) {
  return useMutation({
    mutationFn: ({ id }: R) => resource.requests.purge(id),
    onMutate: ({ id }) => forget(resource, id),
    onError: notice.error,
    onSettled: () => resource.rereadTrash(),
  });
}

/** Remove a record from the lists of the trash. */
function forget<R extends NamedRecord, Values>({ noun }: Resource<R, Values>, id: string): void {
  queryClient.setQueriesData<readonly R[]>({ queryKey: [noun], predicate: ({ queryKey }) => isTrash(queryKey[1]) }, (records) =>
    records?.filter((record) => record.id !== id),
  );
}
