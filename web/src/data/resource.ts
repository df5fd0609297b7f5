/**
 * Records that a user sets up by name, such as tags: their lists, and live changes of these. What differs from noun to
 * noun are the requests.
 */
import { queryOptions } from "@tanstack/react-query";

import { updateCached } from "@/data/cache-updates";
import { refetch } from "@/data/client";

export interface NamedRecord {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly updated_at: string;
  readonly deleted_at: string | null;
}

/** Which records a list has: those in the trash, or the tasks of an agent. */
export interface ResourceFilter {
  readonly deleted?: boolean;
  readonly agent_id?: string;
}

/** The requests of a noun. `Values` are the fields that a user sets. */
export interface Requests<R extends NamedRecord, Values> {
  list(filter: ResourceFilter, signal: AbortSignal): Promise<readonly R[]>;
  create(body: Values & { id: string }): Promise<R>;
  update(id: string, body: Partial<Values>): Promise<R>;
  delete(id: string): Promise<R>;
  restore(id: string): Promise<R>;
  purge(id: string): Promise<unknown>;
}

export class Resource<R extends NamedRecord, Values> {
  constructor(
    /** The name of the noun, as in the API's paths. */
    readonly noun: string,
    readonly requests: Requests<R, Values>,
    /** Whether an active record is in a list of active ones. */
    private readonly belongs: (record: R, filter: ResourceFilter) => boolean = () => true,
  ) {}

  /** The records, by name. */
  query(filter: ResourceFilter = {}) {
    return queryOptions({
      queryKey: [this.noun, filter],
      queryFn: async ({ signal }): Promise<readonly R[]> => (await this.requests.list(filter, signal)).toSorted(byName),
      ...(filter.deleted ? { staleTime: 0 } : {}),
    });
  }

  /** Add or replace a record in the lists where it belongs, unless they have a later version. */
  show(now: R): void {
    this.change((records, filter) => {
      const known = records.find(({ id }) => id === now.id);
      if (known && known.version > now.version) return records;
      const others = records.filter((record) => record !== known);
      return this.belongs(now, filter) ? [...others, now].toSorted(byName) : others;
    });
  }

  hide(id: string): void {
    this.change((records) => records.filter((record) => record.id !== id));
  }

  /** A record changed, according to the feed; null if it is gone or in the trash. Without a record, a later event has it. */
  showChange(id: string, now: R | null | undefined): void {
    if (now) this.show(now);
    else if (now === null) this.hide(id);
    void this.rereadTrash();
  }

  async rereadTrash(): Promise<void> {
    await refetch({ queryKey: [this.noun], predicate: ({ queryKey }) => isTrash(queryKey[1]) });
  }

  private change(change: (records: readonly R[], filter: ResourceFilter) => readonly R[]): void {
    updateCached<readonly R[]>([this.noun], (records, [, filter]) => (isTrash(filter) ? records : change(records, filter as ResourceFilter)));
  }
}

/** Whether a filter is that of a list of the trash. */
export function isTrash(filter: unknown): boolean {
  return (filter as ResourceFilter | undefined)?.deleted === true;
}

function byName(a: NamedRecord, b: NamedRecord): number {
  return a.name.localeCompare(b.name, undefined, { numeric: true, sensitivity: "base" }) || (a.id < b.id ? -1 : 1);
}
