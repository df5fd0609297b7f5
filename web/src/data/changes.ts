/**
 * What is heard of a record while it is read. Answers may overtake each other: what was read before a change may come
 * after it, and is not to be shown any more.
 */
const heard = new Map<string, number>();

/** A record was changed, as the feed says; whoever says so sees to it that the change is shown. */
export function noteChange(id: string): void {
  heard.set(id, (heard.get(id) ?? 0) + 1);
}

/** Read a record; gives nothing, not even an error, if a change of it was heard of meanwhile. */
export async function readUnlessChanged<T>(id: string, read: () => Promise<T>): Promise<T | undefined> {
  const before = heard.get(id);
  try {
    const found = await read();
    return heard.get(id) === before ? found : undefined;
  } catch (error) {
    if (heard.get(id) === before) throw error;
    return undefined;
  }
}
