/**
 * What is heard of a record while it is read. Answers may overtake each other: what was read before a change may come
 * after it, and is not to be shown any more.
 */
interface Read {
  readonly id: string;
  changed: boolean;
}

const reads = new Set<Read>();

/** A record was changed, as the feed says; whoever says so sees to it that the change is shown. */
export function markStale(id: string): void {
  for (const reading of reads) if (reading.id === id) reading.changed = true;
}

/** Read a record; gives nothing, not even an error, if a change of it was heard of meanwhile. */
export async function readUnlessChanged<T>(id: string, read: () => Promise<T>): Promise<T | undefined> {
  const reading: Read = { id, changed: false };
  reads.add(reading);
  try {
    const record = await read();
    return reading.changed ? undefined : record;
  } catch (error) {
    if (!reading.changed) throw error;
    return undefined;
  } finally {
    reads.delete(reading);
  }
}
