import { beforeEach, describe, expect, it, vi } from "vitest";

import { Drafts, type KeyValueStorage, LONGEST, MOST, NO_DRAFT } from "@/lib/drafts";

class Shelf implements KeyValueStorage {
  readonly kept = new Map<string, string>();
  full = false;
  get length() {
    return this.kept.size;
  }
  key(i: number) {
    return [...this.kept.keys()][i] ?? null;
  }
  getItem(name: string) {
    return this.kept.get(name) ?? null;
  }
  setItem(name: string, value: string) {
    if (this.full) throw new DOMException("full", "QuotaExceededError");
    this.kept.set(name, value);
  }
  removeItem(name: string) {
    this.kept.delete(name);
  }
}

const HOUR = 3600 * 1000;
const file = { blob: "f".repeat(64), name: "a.txt", media_type: "text/plain", size: 3 };
let shelf: Shelf;
let clock: number;
const open = () => new Drafts(shelf, () => clock);

beforeEach(() => {
  vi.useFakeTimers();
  shelf = new Shelf();
  clock = 0;
});

describe("a draft", () => {
  it("is there again after the page was loaded anew", () => {
    const drafts = open();
    drafts.change("one", { text: "half a thou" });
    drafts.addFile("one", file);
    vi.runAllTimers();
    expect(open().get("one")).toEqual({ ...NO_DRAFT, text: "half a thou", files: [{ ...file, at: 0 }] });
    expect(open().get("two")).toEqual(NO_DRAFT);
  });

  it("keeps what was chosen for the message, also without a text", () => {
    const drafts = open();
    drafts.change("one", { choices: { agent: "a", rules: ["r"] } });
    drafts.save();
    expect(open().get("one").choices).toEqual({ agent: "a", rules: ["r"] });
    drafts.change("one", { choices: {} });
    drafts.save();
    expect(shelf.length).toBe(0);
  });

  it("is written down after a pause, or when the page goes", () => {
    const drafts = open();
    drafts.change("one", { text: "a" });
    expect(shelf.length).toBe(0);
    drafts.save();
    expect(open().get("one").text).toBe("a");
  });

  it("leaves nothing behind when it was sent", () => {
    const drafts = open();
    drafts.change("one", { text: "a" });
    drafts.save();
    drafts.change("one", NO_DRAFT);
    drafts.save();
    expect(shelf.length).toBe(0);
  });

  it("forgets files that the server has let go of by now", () => {
    const drafts = open();
    drafts.change("one", { text: "look" });
    drafts.addFile("one", file);
    drafts.save();
    clock = 23 * HOUR;
    expect(open().get("one")).toEqual({ ...NO_DRAFT, text: "look" });
  });

  it("lets a file go as it is written down, whatever came after", () => {
    const drafts = open();
    drafts.addFile("one", file);
    const [shown] = drafts.get("one").files;
    drafts.save();
    drafts.onStorage("hansard.draft.one");
    drafts.addFile("one", { ...file, blob: "another" });
    drafts.removeFile("one", { ...file, at: shown?.at ?? -1 });
    expect(drafts.get("one").files.map(({ blob }) => blob)).toEqual(["another"]);
  });

  it("lives as long as the page when the browser keeps no more, or when it is very long", () => {
    const drafts = open();
    shelf.full = true;
    drafts.change("one", { text: "kept here" });
    expect(() => drafts.save()).not.toThrow();
    expect(drafts.get("one").text).toBe("kept here");
    shelf.full = false;
    drafts.change("one", { text: "x".repeat(LONGEST + 1) });
    drafts.save();
    expect(shelf.length).toBe(0);
  });

  it("survives nonsense in the storage", () => {
    shelf.setItem("hansard.draft.one", "{");
    expect(open().get("one")).toEqual(NO_DRAFT);
  });
});

it("keeps a bounded number of drafts, and lets the oldest go", () => {
  const drafts = open();
  shelf.setItem("other", "untouched");
  for (let i = 0; i < MOST + 5; i++) {
    clock = i;
    drafts.change(`talk ${i}`, { text: String(i) });
    drafts.save();
  }
  expect(shelf.length).toBe(MOST + 1);
  expect(open().get("talk 4")).toEqual(NO_DRAFT);
  expect(open().get("talk 5").text).toBe("5");
});

it("hears what another page wrote, unless something is being written here", () => {
  const [here, there] = [open(), open()];
  const changed = vi.fn();
  here.subscribe(changed);
  expect(here.get("one").text).toBe("");
  there.change("one", { text: "from there" });
  there.save();
  here.onStorage("hansard.draft.one");
  expect(here.get("one").text).toBe("from there");
  expect(changed).toHaveBeenCalledOnce();

  here.change("one", { text: "from here" });
  here.onStorage("hansard.draft.one");
  expect(here.get("one").text).toBe("from here");
});
