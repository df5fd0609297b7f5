/** Export and import. */
import type { Complete } from "@/api/client";
import type { components } from "@/api/schema";
import { Refused, Unreachable } from "@/api/client";
import { address } from "@/lib/base";
import { sessionHeaders } from "@/lib/session-key";

export type Report = Complete<components["schemas"]["ImportReport"]>;

/** Upload an export file; `progress` receives the share that is sent, from 0 to 1. */
export function importFile(file: Blob, progress: (share: number) => void): Promise<Report> {
  // fetch does not report upload progress.
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address("api/v1/import"));
    request.setRequestHeader("Content-Type", "application/jsonl");
    Object.entries(sessionHeaders()).forEach(([name, value]) => request.setRequestHeader(name, value));
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(total ? loaded / total : 0));
    request.addEventListener("error", () => reject(new Unreachable()));
    request.addEventListener("load", () => {
      if (request.status === 200) return resolve(request.response as Report);
      const { type, detail, title } = (request.response ?? {}) as Partial<Record<string, string>>;
      reject(new Refused(type ?? "unknown", request.status, detail ?? title ?? request.statusText, ""));
    });
    request.send(file);
  });
}
