/**
 * The lines to the server on which it tells what goes on. A browser opens few connections to one server, and pages that
 * wait for ever on all of them could ask nothing more. So only so many lines are open at once, in turns if there are
 * more; and none while nobody looks at the page. Whoever follows numbered events misses nothing by that.
 */

/** Something that can go on where it stopped. */
export interface Line {
  open(): void;
  close(): void;
}

const MOST = 3;
/** How long a line is open while others wait, in milliseconds. */
const TURN = 700;

export class Lines {
  private readonly open: Line[] = [];
  private readonly waiting: Line[] = [];
  private timer: ReturnType<typeof setInterval> | undefined;

  private most: number;

  constructor(private readonly limit = MOST) {
    this.most = limit;
  }

  add(line: Line): void {
    this.waiting.push(line);
    this.fill();
  }

  remove(line: Line): void {
    for (const lines of [this.open, this.waiting]) if (lines.includes(line)) lines.splice(lines.indexOf(line), 1);
    line.close();
    this.fill();
  }

  /** Open no lines, or again as many as there may be. */
  pause(paused: boolean): void {
    this.most = paused ? 0 : this.limit;
    while (this.open.length > this.most) this.shut();
    this.fill();
  }

  private shut(): void {
    const line = this.open.shift();
    if (!line) return;
    line.close();
    this.waiting.push(line);
  }

  private fill(): void {
    while (this.open.length < this.most) {
      const line = this.waiting.shift();
      if (!line) break;
      this.open.push(line);
      line.open();
    }
    const crowded = this.most > 0 && this.waiting.length > 0;
    if (crowded) this.timer ??= setInterval(() => this.turn(), TURN);
    else this.timer = void clearInterval(this.timer);
  }

  private turn(): void {
    this.shut();
    this.fill();
  }
}
