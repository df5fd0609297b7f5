import { describe, expect, it } from "vitest";

import { isUnread, withSeen } from "./unread";

const at = (seconds: number) => new Date(Date.UTC(2026, 4, 1) + seconds * 1000).toISOString();

describe("what went on since it was seen", () => {
  const nothing = { since: at(0), seen: {} };

  it("is what came after the beginning, or after the last look", () => {
    expect(isUnread(nothing, { id: "a", active_at: at(-1) })).toBe(false);
    expect(isUnread(nothing, { id: "a", active_at: at(1) })).toBe(true);
    const seen = withSeen(nothing, { id: "a", active_at: at(1) });
    expect(isUnread(seen, { id: "a", active_at: at(1) })).toBe(false);
    expect(isUnread(seen, { id: "a", active_at: at(2) })).toBe(true);
    expect(isUnread(seen, { id: "b", active_at: at(1) })).toBe(true);
  });

  it("does not change when nothing new was seen", () => {
    expect(withSeen(nothing, { id: "a", active_at: at(-1) })).toBe(nothing);
  });

  it("stays small: of very many, the oldest count as seen", () => {
    let seen: ReturnType<typeof withSeen> = nothing;
    for (let i = 1; i <= 600; i++) seen = withSeen(seen, { id: `c${i}`, active_at: at(i) });
    expect(Object.keys(seen.seen)).toHaveLength(500);
    expect(seen.since).toBe(at(100));
    expect(isUnread(seen, { id: "c50", active_at: at(50) })).toBe(false);
    expect(isUnread(seen, { id: "c600", active_at: at(600) })).toBe(false);
  });
});
