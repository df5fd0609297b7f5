/**
 * Keeping still what is read, while something above it comes, goes or grows. What can be seen is remembered with its
 * distance from the top; after a change, the first of it that is still there says how far to scroll.
 */

/** A row, and how far below the top of what is seen it begins, in pixels. */
export interface Mark {
  readonly key: string;
  readonly top: number;
}

/** The first of `count` rows, which lie one below the other, that ends below a height. */
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

/** How far to scroll so that what was marked is where it was; 0 if none of it is there any more. */
export function shift(marks: readonly Mark[], topOf: (key: string) => number | undefined): number {
  for (const { key, top } of marks) {
    const now = topOf(key);
    if (now !== undefined) return now - top;
  }
  return 0;
}
