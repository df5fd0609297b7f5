/**
 * Scroll anchoring: keeps the reading position while content above it changes. It records the visible rows with
 * their distance from the top; after a change, the first one that still exists gives the distance to scroll.
 */

/** A row and its distance below the top of the viewport, in pixels. */
export interface Mark {
  readonly key: string;
  readonly top: number;
}

/** The first of `count` stacked rows that ends below a height. */
export function firstBelow(count: number, bottomOf: (index: number) => number, height: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bottomOf(middle) > height) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The distance to scroll to restore the recorded position; 0 if none of the rows exists any more. */
export function scrollDistance(marks: readonly Mark[], topOf: (key: string) => number | undefined): number {
  for (const { key, top } of marks) {
    const now = topOf(key);
    if (now !== undefined) return now - top;
  }
  return 0;
}
