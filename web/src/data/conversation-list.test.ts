import { describe, expect, it } from "vitest";

import type { Conversation } from "@/api/client";

import { type ConversationList, withConversations } from "./conversation-list";
import { without } from "./pages";

const conversation = (id: string, day: number, fields: Partial<Conversation> = {}) =>
  ({ id, title: id, active_at: `2026-05-${day}T00:00:00Z`, deleted_at: null, expires_at: null, pinned: false, archived: false, tags: [], ...fields }) as unknown as Conversation;

const listed = (pages: readonly (readonly Conversation[])[], next: string | null = null): ConversationList => ({
  pages: pages.map((items, i) => ({ items: [...items], next: i < pages.length - 1 ? "more" : next })),
  pageParams: pages.map(() => undefined),
});

const ids = ({ pages }: ConversationList) => pages.map(({ items }) => items.map(({ id }) => id).join(""));

const a = conversation("a", 30);
const c = conversation("c", 26);
const e = conversation("e", 22);
const g = conversation("g", 18);
const two = listed([
  [a, c],
  [e, g],
]);

describe("a conversation as it is now", () => {
  it("stands where its last activity puts it, on whatever page", () => {
    expect(ids(withConversations(two, {}, [conversation("b", 28)]))).toEqual(["abc", "eg"]);
    expect(ids(withConversations(two, {}, [conversation("d", 24)]))).toEqual(["ac", "deg"]);
    expect(ids(withConversations(two, {}, [conversation("e", 31)]))).toEqual(["eac", "g"]);
  });

  it("stands among those of the same time as the server sorts them, by id", () => {
    expect(ids(withConversations(two, {}, [conversation("b", 26)]))).toEqual(["ac", "beg"]);
    expect(ids(withConversations(two, {}, [conversation("d", 26)]))).toEqual(["adc", "eg"]);
  });

  it("waits for its page, if it is older than all that is loaded", () => {
    const old = conversation("z", 10);
    expect(ids(withConversations(listed([[a, c]], "more"), {}, [old]))).toEqual(["ac"]);
    expect(ids(withConversations(two, {}, [old]))).toEqual(["ac", "egz"]);
    expect(ids(withConversations(listed([[]]), {}, [old]))).toEqual(["z"]);
  });

  it("is in the lists where it belongs, and in no other", () => {
    const changed = conversation("c", 26, { archived: true, tags: ["work"] });
    expect(ids(withConversations(two, { archived: false }, [changed]))).toEqual(["a", "eg"]);
    expect(ids(withConversations(listed([[]]), { archived: true, tag: "work" }, [changed]))).toEqual(["c"]);
    expect(ids(withConversations(two, {}, [conversation("c", 26, { deleted_at: "2026-05-31T00:00:00Z" })]))).toEqual(["a", "eg"]);
    expect(ids(withConversations(two, {}, [conversation("c", 26, { expires_at: "2026-06-01T00:00:00Z" })]))).toEqual(["a", "eg"]);
  });

  it("leaves the pages alone that it does not touch", () => {
    expect(withConversations(two, {}, [conversation("b", 28)]).pages[1]).toBe(two.pages[1]);
    expect(without(two, new Set(["e"])).pages[0]).toBe(two.pages[0]);
  });
});

describe("several at once", () => {
  it("go or come in one step", () => {
    expect(ids(without(two, new Set(["a", "g"])))).toEqual(["c", "e"]);
    expect(ids(withConversations(two, {}, [conversation("b", 28), conversation("d", 24)]))).toEqual(["abc", "deg"]);
  });
});
