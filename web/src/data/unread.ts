/** Unread conversations, tracked in this browser. */
import { create } from "zustand";
import { persist } from "zustand/middleware";

import { compareTimes } from "@/lib/time";

type ConversationActivity = Readonly<Record<"id" | "active_at", string>>;

export interface Seen {
  /** Activity before this time counts as read. */
  readonly since: string;
  /** The last read activity, by conversation. */
  readonly seen: Readonly<Record<string, string>>;
}

const MAX_ENTRIES = 500;

const STORE = "hansard.seen";

export const useSeen = create<Seen>()(
  persist((): Seen => ({ since: new Date().toISOString(), seen: {} }), { name: STORE }),
);

/** Mark a conversation as read. */
export function markSeen(conversation: ConversationActivity): void {
  const before = useSeen.getState();
  const after = withSeen(before, conversation);
  if (after !== before) useSeen.setState(after);
}

/** Start tracking, and follow changes by other tabs. */
export function followSeen(): () => void {
  useSeen.setState({});
  const onStorage = ({ key }: StorageEvent) => {
    if (key === STORE) void useSeen.persist.rehydrate();
  };
  window.addEventListener("storage", onStorage);
  return () => window.removeEventListener("storage", onStorage);
}

export function isUnread({ since, seen }: Seen, { id, active_at }: ConversationActivity): boolean {
  return compareTimes(active_at, seen[id] ?? since) > 0;
}

/** The number of entries is bounded: activity older than the dropped ones counts as read. */
export function withSeen(before: Seen, { id, active_at }: ConversationActivity): Seen {
  if (!isUnread(before, { id, active_at })) return before;
  const entries = Object.entries({ ...before.seen, [id]: active_at }).toSorted(([, a], [, b]) => compareTimes(b, a));
  const forgotten = entries[MAX_ENTRIES]?.[1];
  const since = forgotten !== undefined && compareTimes(forgotten, before.since) > 0 ? forgotten : before.since;
  return { since, seen: Object.fromEntries(entries.slice(0, MAX_ENTRIES)) };
}
