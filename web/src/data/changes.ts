/**
 * What is heard of a record while it is read. Answers may overtake each other: what was read before a change may come
 * after it, and is not to be shown any more.
 */
interface Reading {
  readonly id: string;
  changed: boolean;
}

const readings = new Set<Reading>();

/** A record was changed, as the feed says; whoever says so sees to it that the change is shown. */
export function noteChange(id: string): void {
  for (const reading of readings) if (reading.id === id) reading.changed = true;
}

/** Read a record; gives nothing, not even an error, if a change of it was heard of meanwhile. */
export async function readUnlessChanged<T>(id: string, read: () => Promise<T>): Promise<T | undefined> {
  const reading: Reading = { id, changed: false };
  readings.add(reading);
  try {
    const found = await read();
    return reading.changed ? undefined : found;
  } catch (error) {
    if (!reading.changed) throw error;
    return undefined;
  } finally {
    readings.delete(reading);
  }
}
