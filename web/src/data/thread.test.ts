import { expect, test } from "vitest";

import type { Message } from "@/api/client";

import { type Thread, withAppended } from "./thread";

const message = (seq: number, parent: string | null = seq > 0 ? `${seq - 1}` : null) =>
  ({ id: `${seq}`, seq, parent_id: parent }) as unknown as Message;

const thread = (after: string | null, ...items: Message[]): Thread => ({
  pages: [{ items, before: null, after }],
  pageParams: [{ last: 30 }],
});

const seqs = ({ pages }: Thread) => pages.flatMap(({ items }) => items.map(({ seq }) => seq));

test("appended messages follow the last one, also those that are partly shown", () => {
  const shown = thread(null, message(0), message(1));
  expect(seqs(withAppended(shown, [message(2), message(3)]))).toEqual([0, 1, 2, 3]);
  expect(seqs(withAppended(shown, [message(1), message(2)]))).toEqual([0, 1, 2]);
  expect(seqs(withAppended(thread(null), [message(0)]))).toEqual([0]);
});

test("messages after a gap, on another path or beyond the loaded part are not shown", () => {
  const shown = thread(null, message(0), message(1));
  expect(withAppended(shown, [message(3)])).toBe(shown);
  expect(withAppended(shown, [message(2, "other")])).toBe(shown);
  expect(withAppended(shown, [])).toBe(shown);
  const middle = thread("1", message(0), message(1));
  expect(withAppended(middle, [message(2)])).toBe(middle);
});
