/** Changes that were asked for and are not answered yet. What is said after them is said under them. */
type Conversations = { has(id: string): boolean };

/** With each, the conversations that it is of; without, it may bear on all. */
const pending = new Map<Promise<unknown>, Conversations | undefined>();

/** Note a change that is under way. */
export function changing<T>(change: Promise<T>, of?: Conversations): Promise<T> {
  pending.set(change, of);
  const over = () => void pending.delete(change);
  change.then(over, over);
  return change;
}

/** When all that was asked for by now and bears on a conversation is done, or refused. */
export async function changesSettled(conversationId: string): Promise<void> {
  const bearing = [...pending].filter(([, of]) => of?.has(conversationId) ?? true);
  await Promise.allSettled(bearing.map(([change]) => change));
}
