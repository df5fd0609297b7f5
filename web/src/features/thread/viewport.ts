import { type Mark, firstBelow, scrollDistance } from "./anchoring";

/** Distance from an end at which more messages load, in pixels. */
const NEAR = 1600;
/** A smaller distance counts as being at the end. */
const AT_END = 40;
/** A larger overshoot is not a rounding error. */
const PAST_END = -2;
/** Where a linked message and parallel responses are placed, as a share of the height. */
const HIGH = 0.15;

export interface Watcher {
  /** More messages may be needed before the first or after the last row. */
  near(side: "before" | "after"): void;
  /** Whether the end is visible has changed. */
  atEnd(at: boolean): void;
  /** Whether the last row is the newest message. */
  complete(): boolean;
}

/**
 * The scroll position of a conversation. It follows the end while it is there, and otherwise keeps the reading position.
 * Parallel responses have different lengths, so their end is not followed: there, the end is where they start. The browser's
 * own scroll anchoring is off: Safari has none, and two mechanisms would conflict.
 */
export class Viewport {
  private following = false;
  private marks: readonly Mark[] = [];
  private top = 0;
  private was = true;
  private readonly observer = new ResizeObserver(() => this.settle());

  constructor(
    private readonly scroller: HTMLElement,
    private readonly list: HTMLElement,
    private readonly watcher: Watcher,
  ) {
    this.observer.observe(scroller);
    this.observer.observe(list);
    scroller.addEventListener("scroll", this.scrolled, { passive: true });
  }

  close(): void {
    this.observer.disconnect();
    this.scroller.removeEventListener("scroll", this.scrolled);
  }

  /** The content changed: follow the end or keep the position. */
  settle(): void {
    const { scroller } = this;
    if (this.following) scroller.scrollTop = this.end();
    else scroller.scrollTop += scrollDistance(this.marks, (key) => this.topOf(key));
    this.look();
  }

  toEnd(): void {
    this.following = true;
    this.settle();
  }

  /** Stop following: the next content is not a continuation. */
  hold(): void {
    this.following = false;
  }

  /** Scroll to a row and return it. */
  show(id: string): HTMLElement | undefined {
    const row = this.list.querySelector<HTMLElement>(`[data-message="${CSS.escape(id)}"]`);
    if (!row) return undefined;
    this.following = false;
    this.scroller.scrollTop = this.placeOf(row);
    this.look();
    return row;
  }

  private readonly scrolled = (): void => {
    const { scrollTop } = this.scroller;
    // Growing content never scrolls up; only the user does.
    const distance = this.distance();
    if (scrollTop < this.top - 1 || distance < AT_END) this.following = distance > PAST_END && distance < AT_END && this.watcher.complete();
    this.look();
  };

  /** The scroll position of the end. */
  private end(): number {
    const { scrollHeight, clientHeight } = this.scroller;
    const last = this.list.lastElementChild;
    const lowest = scrollHeight - clientHeight;
    return last?.querySelector(":scope > [data-beside]") ? Math.min(this.placeOf(last), lowest) : lowest;
  }

  /** The scroll position at which a row is near the top. */
  private placeOf(row: Element): number {
    const from = this.scroller.getBoundingClientRect();
    return this.scroller.scrollTop + row.getBoundingClientRect().top - from.top - from.height * HIGH;
  }

  /** Distance to the end, in pixels; negative while reading on in parallel responses. */
  private distance(): number {
    return this.end() - this.scroller.scrollTop;
  }

  /** Record what is visible, and request more messages near an end. */
  private look(): void {
    const { scroller } = this;
    this.top = scroller.scrollTop;
    const rows = [...this.list.children] as HTMLElement[];
    const from = scroller.getBoundingClientRect().top;
    const first = firstBelow(rows.length, (i) => (rows[i]?.getBoundingClientRect().bottom ?? 0) - from, 0);
    this.marks = rows.slice(Math.max(first - 1, 0), first + 8).flatMap((row, i) => {
      const key = row.dataset["row"];
      return key === undefined ? [] : [{ key, top: row.getBoundingClientRect().top - from, order: i === 0 && first > 0 ? 1 : 0 }];
    }).toSorted((a, b) => a.order - b.order);
    const distance = this.distance();
    const at = distance < AT_END && this.watcher.complete();
    if (at !== this.was) this.watcher.atEnd((this.was = at));
    if (this.top < NEAR) this.watcher.near("before");
    if (distance < NEAR) this.watcher.near("after");
  }

  private topOf(key: string): number | undefined {
    const row = this.list.querySelector(`:scope > [data-row="${CSS.escape(key)}"]`);
    return row ? row.getBoundingClientRect().top - this.scroller.getBoundingClientRect().top : undefined;
  }
}
