import { describe, expect, it } from "vitest";

import type { Conversation } from "@/api/client";

import type { Row } from "./rows";
import { NOTHING, everything, extended, toggled } from "./selection";

const row = (id: string) => ({ kind: "conversation", key: `dated:${id}`, conversation: { id } as Conversation }) as Row;
const rows: readonly Row[] = [row("a"), { kind: "heading", key: "heading:week", section: "week" }, row("b"), row("c")];
const ids = ({ ids }: typeof NOTHING) => [...ids].join("");

describe("selecting", () => {
  it("takes one more, or one away", () => {
    const one = toggled(NOTHING, "dated:a", "a");
    expect(ids(toggled(one, "dated:c", "c"))).toBe("ac");
    expect(ids(toggled(one, "dated:a", "a"))).toBe("");
  });

  it("draws a range from where it began, in both directions, over headings", () => {
    const begun = toggled(NOTHING, "dated:b", "b");
    expect(ids(extended(begun, rows, undefined, "dated:c"))).toBe("bc");
    expect(ids(extended(extended(begun, rows, undefined, "dated:c"), rows, undefined, "dated:a"))).toBe("ab");
  });

  it("draws it from what is open, or from the row itself, where nothing was begun or its row is gone", () => {
    expect(ids(extended(NOTHING, rows, "dated:a", "dated:b"))).toBe("ab");
    expect(ids(extended(NOTHING, rows, undefined, "dated:b"))).toBe("b");
    expect(ids(extended({ ids: new Set(), anchor: "dated:gone" }, rows, "dated:a", "dated:b"))).toBe("ab");
  });

  it("takes all that is loaded", () => {
    expect(ids(everything(rows))).toBe("abc");
  });
});
