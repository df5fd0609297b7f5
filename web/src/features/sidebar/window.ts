/** Of a list of rows whose heights are known, those that are in sight. */

/** Where each row begins, and at last where the list ends. */
export function startsOf(heights: readonly number[]): readonly number[] {
  const starts = [0];
  for (const height of heights) starts.push((starts.at(-1) ?? 0) + height);
  return starts;
}

/** The index of the row that stands at a place; the last one below the end. */
export function indexAt(starts: readonly number[], place: number): number {
  let low = 0;
  let high = Math.max(0, starts.length - 2);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** How far to scroll so that a row is wholly in sight: not at all, if it is. */
export function scrolledTo(starts: readonly number[], index: number, top: number, height: number): number {
  const start = starts[index] ?? 0;
  const end = starts[index + 1] ?? start;
  if (start < top) return start;
  return end > top + height ? end - height : top;
}

interface Placed {
  readonly key: string;
  readonly start: number;
}

/** How far those that were in sight have moved, which have come first from the top. */
export function moved(before: readonly Placed[], starts: ReadonlyMap<string, number>): number {
  const moves = before.flatMap(({ key, start }) => {
    const now = starts.get(key);
    return now === undefined ? [] : [now - start];
  });
  // The first in sight may be the one that has moved; the others then have not.
  const [least = 0] = moves.slice(0, 3).toSorted((a, b) => Math.abs(a) - Math.abs(b));
  return least;
}
