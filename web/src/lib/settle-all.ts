/** Concurrent requests; browsers allow about six per server, and others need room. */
const CONCURRENCY = 4;

/** Run a function for each item with limited concurrency; resolves like `Promise.allSettled`. */
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
