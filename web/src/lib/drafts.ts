/**
 * Drafts: one for each conversation and each message that is being edited. They are kept in this browser,
 * even if the page closes.
 *
 * Each draft has its own storage entry, so tabs with different drafts never overwrite each other's.
 * There are at most `MOST` entries; the oldest is removed first.
 */
import { useCallback, useSyncExternalStore } from "react";

import { browserStorage } from "@/lib/storage";

/** An uploaded file of a draft. */
export interface DraftFile {
  readonly blob: string;
  readonly name: string;
  readonly media_type: string;
  readonly size: number;
  /** The time of the upload, in milliseconds. */
  readonly at: number;
  /** Whether it is a long pasted text. */
  readonly pasted?: boolean;
}

/** What is chosen for one message, by id: who answers it, rules that apply, the template that it is made from. */
export interface Choices {
  readonly agent?: string;
  readonly rules?: readonly string[];
  readonly prompt?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

export interface Draft {
  readonly text: string;
  readonly files: readonly DraftFile[];
  readonly choices?: Choices;
}

export const NO_DRAFT: Draft = { text: "", files: [], choices: {} };

export const MOST = 50;
/** Longer texts are not stored. */
export const LONGEST = 200_000;
/** The server deletes unused files after a day. */
const BLOB_LASTS = 20 * 3600 * 1000;
const PAUSE = 250;
const PREFIX = "hansard.draft.";

interface StoredDraft extends Draft {
  at: number;
}

export type KeyValueStorage = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

export class Drafts {
  private readonly drafts = new Map<string, Draft>();
  private readonly unsaved = new Set<string>();
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly storage: KeyValueStorage | undefined,
    private readonly now: () => number = Date.now,
  ) {}

  get(key: string): Draft {
    const existing = this.drafts.get(key);
    if (existing) return existing;
    const draft = this.load(key);
    this.drafts.set(key, draft);
    return draft;
  }

  change(key: string, change: Partial<Draft>): void {
    this.drafts.set(key, { ...this.get(key), ...change });
    this.unsaved.add(key);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE);
    this.tell();
  }

  addFile(key: string, file: Omit<DraftFile, "at">): void {
    this.change(key, { files: [...this.get(key).files, { ...file, at: this.now() }] });
  }

  /** Returns whether the file existed. */
  removeFile(key: string, { blob, at }: DraftFile): boolean {
    const { files } = this.get(key);
    const left = files.filter((file) => file.blob !== blob || file.at !== at);
    this.change(key, { files: left });
    return left.length < files.length;
  }

  /** Store changed drafts; called automatically shortly after a change. */
  save(): void {
    clearTimeout(this.timer);
    for (const key of this.unsaved) this.write(key, this.get(key));
    this.unsaved.clear();
  }

  /** Another tab wrote a draft; unsaved drafts of this tab are not changed. */
  onStorage(name: string | null): void {
    if (name?.startsWith(PREFIX) !== true) return;
    const key = name.slice(PREFIX.length);
    if (this.unsaved.has(key)) return;
    this.drafts.delete(key);
    this.tell();
  }

  readonly subscribe = (changed: () => void): (() => void) => {
    this.listeners.add(changed);
    return () => this.listeners.delete(changed);
  };

  private tell(): void {
    for (const changed of this.listeners) changed();
  }

  private load(key: string): Draft {
    const kept = read(this.storage?.getItem(PREFIX + key));
    const fresh = (file: DraftFile) => this.now() - file.at < BLOB_LASTS;
    if (!kept) return NO_DRAFT;
    const { text, files, choices } = kept;
    return { text, files: files.filter(fresh), ...(choices && { choices }) };
  }

  private write(key: string, draft: Draft): void {
    const { storage } = this;
    if (!storage) return;
    if (draft.text.length > LONGEST || isEmpty(draft)) {
      storage.removeItem(PREFIX + key);
      return;
    }
    try {
      storage.setItem(PREFIX + key, JSON.stringify({ ...draft, at: this.now() } satisfies StoredDraft));
    } catch {
      return; // storage is full: the draft lasts while the page is open
    }
    this.prune(storage);
  }

  private prune(storage: KeyValueStorage): void {
    const names = Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? "");
    const kept = names.filter((name) => name.startsWith(PREFIX));
    if (kept.length <= MOST) return;
    const ages = kept.map((name) => ({ name, at: read(storage.getItem(name))?.at ?? 0 }));
    const oldest = ages.toSorted((a, b) => a.at - b.at).slice(0, kept.length - MOST);
    for (const { name } of oldest) storage.removeItem(name);
  }
}

function isEmpty({ text, files, choices = {} }: Draft): boolean {
  return text === "" && files.length === 0 && Object.keys(choices).length === 0;
}

function read(text: string | null | undefined): StoredDraft | undefined {
  try {
    const kept = JSON.parse(text ?? "") as Partial<StoredDraft>;
    return { text: String(kept.text ?? ""), files: Array.isArray(kept.files) ? kept.files : [], ...(kept.choices && { choices: kept.choices }), at: kept.at ?? 0 };
  } catch {
    return undefined;
  }
}

export const drafts = new Drafts(browserStorage());

/** The draft of a conversation, and a function that changes it. */
export function useDraft(key: string): readonly [Draft, (change: Partial<Draft>) => void] {
  const draft = useSyncExternalStore(drafts.subscribe, () => drafts.get(key));
  const change = useCallback((some: Partial<Draft>) => drafts.change(key, some), [key]);
  return [draft, change];
}

/** Follow the drafts of other tabs, and save when the page closes. */
export function followDrafts(): () => void {
  addEventListener("storage", onStorageEvent);
  addEventListener("pagehide", save);
  return () => {
    removeEventListener("storage", onStorageEvent);
    removeEventListener("pagehide", save);
    save();
  };
}

function onStorageEvent({ key }: StorageEvent): void {
  drafts.onStorage(key);
}

function save(): void {
  drafts.save();
}
