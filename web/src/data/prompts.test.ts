import { describe, expect, it } from "vitest";

import type { Run } from "@/api/client";
import { type KeyValueStorage, type Prompt, PromptStore, nextOf, withPrompt } from "@/data/prompts";

const prompt = (id: string, more: Partial<Prompt> = {}): Prompt => ({
  id,
  conversationId: "rome",
  parts: [{ type: "text", text: id }],
  models: [],
  state: "queued",
  ...more,
});
const run = (more: Partial<Run> = {}) => ({ conversation_id: "rome", branch: "main", prompt_id: "earlier", ...more }) as Run;

/** A storage with a limited number of entries. */
const keep = (most = Infinity): KeyValueStorage => {
  const entries = new Map<string, string>();
  return {
    get length() {
      return entries.size;
    },
    key: (i) => [...entries.keys()][i] ?? null,
    getItem: (name) => entries.get(name) ?? null,
    setItem: (name, value) => {
      if (entries.size >= most) throw new Error("full");
      entries.set(name, value);
    },
    removeItem: (name) => void entries.delete(name),
  };
};

describe("what is sent next", () => {
  it("is what was said first, and nothing while that is under way", () => {
    expect(nextOf([prompt("a"), prompt("b")], [], "rome")?.id).toBe("a");
    expect(nextOf([prompt("a", { state: "sending" }), prompt("b")], [], "rome")).toBeUndefined();
    expect(nextOf([prompt("a", { conversationId: "oslo" })], [], "rome")).toBeUndefined();
  });

  it("does not wait for what was refused", () => {
    expect(nextOf([prompt("a", { state: "refused" }), prompt("b")], [], "rome")?.id).toBe("b");
  });

  it("waits for the answer before it, on its branch", () => {
    expect(nextOf([prompt("a")], [run()], "rome")).toBeUndefined();
    expect(nextOf([prompt("a")], [run({ conversation_id: "oslo" })], "rome")?.id).toBe("a");
    expect(nextOf([prompt("a", { branch: "other" })], [run()], "rome")?.id).toBe("a");
  });

  it("is sent again when it is being answered itself: its arrival was not heard of", () => {
    expect(nextOf([prompt("a", { state: "waiting" })], [run({ prompt_id: "a" })], "rome")?.id).toBe("a");
  });
});

it("keeps the order in which things were said", () => {
  const [a, b, c] = [prompt("a"), prompt("b"), prompt("c")];
  expect([b, a, c, { ...b, state: "waiting" as const }].reduce(withPrompt, [])).toEqual([a, { ...b, state: "waiting" }, c]);
});

describe("the storage", () => {
  it("gives back what was kept, in order, and what was under way to be sent again", () => {
    const storage = keep();
    const store = new PromptStore(storage);
    storage.setItem("hansard.outbox.broken", "{");
    storage.setItem("other", "1");
    store.put(prompt("b", { state: "sending" }));
    store.put(prompt("a"));
    store.put(prompt("c"));
    store.drop("c");
    expect(new PromptStore(storage).all()).toEqual([prompt("a"), prompt("b", { state: "waiting" })]);
  });

  it("lets two pages write at once", () => {
    const storage = keep();
    const [one, other] = [new PromptStore(storage), new PromptStore(storage)];
    one.put(prompt("a"));
    other.put(prompt("b"));
    one.put(prompt("a", { state: "waiting" }));
    expect(new PromptStore(storage).all().map(({ id }) => id)).toEqual(["a", "b"]);
  });

  it("may be full, or missing", () => {
    expect(() => new PromptStore(keep(0)).put(prompt("a"))).not.toThrow();
    const none = new PromptStore(undefined);
    none.put(prompt("a"));
    expect(none.all()).toEqual([]);
  });

  it("hears what another page wrote", () => {
    const store = new PromptStore(keep());
    expect(store.onStorage("hansard.outbox.a", JSON.stringify(prompt("a")))).toEqual({ id: "a", prompt: prompt("a") });
    expect(store.onStorage("hansard.outbox.a", null)).toEqual({ id: "a", prompt: undefined });
    expect(store.onStorage("hansard.draft.a", null)).toBeUndefined();
    expect(store.onStorage(null, null)).toBeUndefined();
  });
});
