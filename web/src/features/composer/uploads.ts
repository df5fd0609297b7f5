/** Uploads. They belong to a draft and continue while the user is on another page. */
import { create } from "zustand";
import { useShallow } from "zustand/react/shallow";

import { Unreachable } from "@/api/client";
import { MAX_BLOB, isPicture, uploadBlob } from "@/data/blobs";
import { MOST_FILES, mediaType } from "@/features/composer/files";
import { t } from "@/i18n";
import { drafts } from "@/lib/drafts";
import { newId } from "@/lib/ids";
import { explain, notice } from "@/lib/notice";
import { fileSize } from "@/lib/size";

export interface Upload {
  readonly id: string;
  readonly draftKey: string;
  readonly file: File;
  readonly pasted: boolean;
  /** The object URL of an image. */
  readonly preview: string | undefined;
  /** The share that is uploaded, from 0 to 1. */
  readonly progress: number;
  readonly state: "sending" | "waiting" | "refused";
  /** Why the upload was refused. */
  readonly problem: string | undefined;
}

const useStore = create<{ uploads: readonly Upload[] }>(() => ({ uploads: [] }));
const { getState, setState } = useStore;
/** Milliseconds before the next attempt. */
const PAUSE = 3000;
const aborts = new Map<string, AbortController>();
let last: Promise<void> = Promise.resolve();

/** The uploads of a draft. */
export function useUploads(draftKey: string): readonly Upload[] {
  return useStore(useShallow(({ uploads }) => uploads.filter((upload) => upload.draftKey === draftKey)));
}

/** Upload files for a draft, one after the other. */
export function addFiles(draftKey: string, files: readonly File[], pasted = false): void {
  const there = drafts.get(draftKey).files.length + of(draftKey).length;
  const taken = files.slice(0, Math.max(0, MOST_FILES - there));
  if (taken.length < files.length) notice.failure(t("composer.tooMany", { count: MOST_FILES }));
  for (const file of taken) {
    const upload: Upload = {
      id: newId(),
      draftKey,
      file,
      pasted,
      preview: isPicture(file.type) ? URL.createObjectURL(file) : undefined,
      progress: 0,
      state: "sending",
      problem: undefined,
    };
    setState(({ uploads }) => ({ uploads: [...uploads, upload] }));
    start(upload);
  }
}

/** Whether the size of a file is allowed. */
export function isUploadable({ size }: File): boolean {
  return size > 0 && size <= MAX_BLOB;
}

export function retryUpload(id: string): void {
  const upload = getState().uploads.find((other) => other.id === id);
  if (!upload) return;
  mark(id, { state: "sending", progress: 0, problem: undefined });
  start(upload);
}

export function dropUpload(id: string): void {
  aborts.get(id)?.abort();
  const upload = getState().uploads.find((other) => other.id === id);
  if (upload?.preview) URL.revokeObjectURL(upload.preview);
  setState(({ uploads }) => ({ uploads: uploads.filter((other) => other.id !== id) }));
}

function start(upload: Upload): void {
  const abort = new AbortController();
  aborts.set(upload.id, abort);
  last = last.then(() => (abort.signal.aborted ? undefined : send(upload, abort.signal)));
}

async function send({ id, draftKey, file, pasted }: Upload, signal: AbortSignal): Promise<void> {
  try {
    if (file.size > MAX_BLOB) throw new Error(t("composer.tooLarge", { size: fileSize(MAX_BLOB) }));
    const type = await mediaType(file).catch(() => {
      throw new Error(t("composer.unreadable"));
    });
    if (file.size === 0) throw new Error(t("composer.emptyFile"));
    const blob = await uploadBlob(file, type, { signal, onProgress: (progress) => mark(id, { state: "sending", progress }) });
    if (signal.aborted) return;
    drafts.addFile(draftKey, { blob: blob.id, name: file.name, media_type: type, size: file.size, ...(pasted && { pasted }) });
    dropUpload(id);
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof Unreachable) {
      mark(id, { state: "waiting" });
      setTimeout(again, PAUSE, id);
    } else mark(id, { state: "refused", problem: explain(error) });
  } finally {
    aborts.delete(id);
  }
}

function again(id: string): void {
  const upload = getState().uploads.find((other) => other.id === id);
  if (upload?.state === "waiting") start(upload);
}

function of(draftKey: string): readonly Upload[] {
  return getState().uploads.filter((upload) => upload.draftKey === draftKey);
}

function mark(id: string, change: Partial<Upload>): void {
  setState(({ uploads }) => ({ uploads: uploads.map((upload) => (upload.id === id ? { ...upload, ...change } : upload)) }));
}
