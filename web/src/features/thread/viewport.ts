import { type Mark, firstBelow, shift } from "./anchoring";

/** How near to an end, in pixels, more is wanted there. */
const NEAR = 1600;
/** Nearer to the end than this counts as there. */
const AT_END = 40;
/** Farther beyond the end than this is no rounding. */
const PAST_END = -2;
/** Where a message that was asked for stands, and where answers side by side begin, as a share of the height. */
const HIGH = 0.15;

export interface Watcher {
  /** More may be wanted before the first row, or after the last. */
  near(side: "before" | "after"): void;
  /** Whether the end can be seen has changed. */
  atEnd(at: boolean): void;
  /** Whether the last row is the newest there is. */
  complete(): boolean;
}

/**
 * What is seen of a thread. It follows the end while it is there; else it holds still what is read. Answers side by
 * side are no end to follow, for each is as long as it is: there, the end is where they begin. The browser's own
 * anchoring is off: Safari has none, and two would fight.
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

  /** Something has changed: follow the end, or hold still. */
  settle(): void {
    const { scroller } = this;
    if (this.following) scroller.scrollTop = this.end();
    else scroller.scrollTop += shift(this.marks, (key) => this.topOf(key));
    this.look();
  }

  toEnd(): void {
    this.following = true;
    this.settle();
  }

  /** Follow no longer: what comes next is not more of the same. */
  hold(): void {
    this.following = false;
  }

  /** Show a row, and tell where it is. */
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
    // What grows below moves nothing up: only a person does that.
    const distance = this.distance();
    if (scrollTop < this.top - 1 || distance < AT_END) this.following = distance > PAST_END && distance < AT_END && this.watcher.complete();
    this.look();
  };

  /** How far to scroll to the end. */
  private end(): number {
    const { scrollHeight, clientHeight } = this.scroller;
    const last = this.list.lastElementChild;
    const lowest = scrollHeight - clientHeight;
    return last?.querySelector(":scope > [data-beside]") ? Math.min(this.placeOf(last), lowest) : lowest;
  }

  /** How far to scroll so that a row stands high. */
  private placeOf(row: Element): number {
    const from = this.scroller.getBoundingClientRect();
    return this.scroller.scrollTop + row.getBoundingClientRect().top - from.top - from.height * HIGH;
  }

  /** How far it is to the end, in pixels; below 0 for somebody who reads on in answers side by side. */
  private distance(): number {
    return this.end() - this.scroller.scrollTop;
  }

  /** Remember what is seen, and ask for more where that is near. */
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
