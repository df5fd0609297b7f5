/**
 * What is under way to the server. Requests may overtake each other there, so what is said in a conversation, and what
 * is changed in it, is sent when what was asked for before is answered.
 */
type Ids = ReadonlySet<string>;

/** With each request, the conversations that it is about; without, it may bear on all. */
const pending = new Map<Promise<unknown>, Ids | undefined>();

/** Note that something is under way on which answers may depend. */
export function trackRequest<T>(request: Promise<T>, ids?: Ids): Promise<T> {
  pending.set(request, ids);
  const over = () => void pending.delete(request);
  request.then(over, over);
  return request;
}

/** Ask for something about conversations when all that was asked for before is done, or refused. */
export function enqueueRequest<T>(conversationIds: Iterable<string>, request: () => Promise<T>): Promise<T> {
  const ids = new Set(conversationIds);
  const before = [...pending].filter(([, others]) => !others || [...others].some((id) => ids.has(id)));
  return trackRequest(Promise.allSettled(before.map(([other]) => other)).then(request), ids);
}
