/** So few requests that others still get through: a browser has about six under way to one server. */
const CONCURRENCY = 4;

/** Do the same with each, a few at a time; the answer is that of `Promise.allSettled`. */
export async function settleAll<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<readonly PromiseSettledResult<R>[]> {
  const results: PromiseSettledResult<R>[] = [];
  const queue = items.entries();
  const next = async (): Promise<void> => {
    const { value, done } = queue.next();
    if (done) return;
    const [i, item] = value;
    [results[i]] = await Promise.allSettled([run(item)]);
    await next();
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, next));
  return results;
}
