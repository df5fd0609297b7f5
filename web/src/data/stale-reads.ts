/**
 * Detects stale reads. Responses may overtake each other: data that was read before a change may arrive
 * after it, and must not be shown.
 */
interface Read {
  readonly id: string;
  changed: boolean;
}

const reads = new Set<Read>();

/** A record changed according to the feed; the caller makes sure that the change is shown. */
export function markStale(id: string): void {
  for (const reading of reads) if (reading.id === id) reading.changed = true;
}

/** Read a record. Resolves with undefined, also instead of an error, if the record changes meanwhile. */
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
