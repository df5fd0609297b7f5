/**
 * Orders requests. HTTP requests may overtake each other, so a request about a conversation waits until
 * earlier ones about the same conversation are complete.
 */
type Ids = ReadonlySet<string>;

/** The conversations of each pending request; undefined means all. */
const pending = new Map<Promise<unknown>, Ids | undefined>();

/** Register a request that later ones must wait for. */
export function trackRequest<T>(request: Promise<T>, ids?: Ids): Promise<T> {
  pending.set(request, ids);
  const remove = () => void pending.delete(request);
  request.then(remove, remove);
  return request;
}

/** Send a request after all earlier ones about the same conversations have settled. */
export function enqueueRequest<T>(conversationIds: Iterable<string>, request: () => Promise<T>): Promise<T> {
  const ids = new Set(conversationIds);
  const before = [...pending].filter(([, others]) => !others || [...others].some((id) => ids.has(id)));
  return trackRequest(Promise.allSettled(before.map(([other]) => other)).then(request), ids);
}
