import { describe, expect, it } from "vitest";

import { type Field, type Press, keyAction } from "@/lib/keys";

const press = (key: string, more: Partial<Press> = {}): Press => ({
  key,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  isComposing: false,
  keyCode: 0,
  ...more,
});
const field = (more: Partial<Field> = {}): Field => ({ empty: false, enterSends: true, touch: false, ...more });

describe("Enter", () => {
  it("sends, and with Shift begins a line", () => {
    expect(keyAction(press("Enter"), field())).toBe("send");
    expect(keyAction(press("Enter", { shiftKey: true }), field())).toBeUndefined();
  });

  it("begins a line where Ctrl+Enter sends, and on a screen's keyboard", () => {
    for (const kind of [field({ enterSends: false }), field({ touch: true })]) {
      expect(keyAction(press("Enter"), kind)).toBeUndefined();
      expect(keyAction(press("Enter", { ctrlKey: true }), kind)).toBe("send");
      expect(keyAction(press("Enter", { metaKey: true }), kind)).toBe("send");
    }
  });

  it("belongs to the input method while it composes", () => {
    expect(keyAction(press("Enter", { isComposing: true }), field())).toBeUndefined();
    expect(keyAction(press("Enter", { keyCode: 229 }), field())).toBeUndefined();
  });
});

describe("Up", () => {
  it("edits the last prompt when nothing is written", () => {
    expect(keyAction(press("ArrowUp"), field({ empty: true }))).toBe("edit last");
    expect(keyAction(press("ArrowUp"), field())).toBeUndefined();
    expect(keyAction(press("ArrowUp", { shiftKey: true }), field({ empty: true }))).toBeUndefined();
  });
});
