/** Positions and visible ranges of rows with known heights. */

/** The offset of each row, and the total height. */
export function startsOf(heights: readonly number[]): readonly number[] {
  const starts = [0];
  for (const height of heights) starts.push((starts.at(-1) ?? 0) + height);
  return starts;
}

/** The index of the row at an offset; the last one below the end. */
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

/** The scroll position that makes a row fully visible; unchanged if it is. */
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

/** How far the previously visible rows have moved, topmost first. */
export function moved(before: readonly Placed[], starts: ReadonlyMap<string, number>): number {
  const moves = before.flatMap(({ key, start }) => {
    const now = starts.get(key);
    return now === undefined ? [] : [now - start];
  });
  // The first one may have moved by itself while the others stayed.
  const [least = 0] = moves.slice(0, 3).toSorted((a, b) => Math.abs(a) - Math.abs(b));
  return least;
}
