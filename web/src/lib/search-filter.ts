import { type SearchParameters, days, words } from "@/lib/address-search";

/** The filters of a search in its URL. */
export interface SearchFilter {
  q?: string;
  role?: "user" | "assistant" | "system" | "tool";
  /** A project id. */
  project?: string;
  model?: string;
  /** Inclusive days, such as `2026-03-01`, in the browser's time zone. */
  from?: string;
  to?: string;
  /** True for archived conversations only, false for the others only. */
  archived?: boolean;
}

export const ROLES = ["user", "assistant", "system", "tool"] as const;

/** Parse a URL; invalid values are ignored. */
export function searchFilter(search: SearchParameters): SearchFilter {
  const filter: SearchFilter = { ...words(search, ["q", "project", "model"]), ...days(search, ["from", "to"]) };
  const role = ROLES.find((name) => name === search["role"]);
  if (role) filter.role = role;
  if (typeof search["archived"] === "boolean") filter.archived = search["archived"];
  return filter;
}

/** The number of filters besides the text. */
export function filterCount(filter: SearchFilter): number {
  return Object.keys(filter).filter((name) => name !== "q").length;
}

/** The query parameters for the server. */
export function searchParameters({ q = "", role, project, model, from, to, archived }: SearchFilter) {
  return {
    q: asPrefixQuery(q),
    ...(role && { role: [role] }),
    ...(project && { project_id: project }),
    ...(model && { model }),
    ...(from && { since: midnight(from).toISOString() }),
    ...(to && { until: midnight(to, 1).toISOString() }),
    ...(archived !== undefined && { archived }),
  };
}

/** The start of a day, or of a later one, in the browser's time zone. */
export function midnight(day: string, later = 0): Date {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later);
}

const DENSE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

/** Why a text cannot be searched: it has no words, or is too short. */
export function unsearchableReason(q: string): "empty" | "wordless" | "short" | undefined {
  if (q.trim() === "") return "empty";
  const letters = q.match(/[\p{L}\p{N}]/gu) ?? [];
  if (letters.length === 0) return "wordless";
  return letters.length < 2 && !DENSE.test(q) ? "short" : undefined;
}

/** A query whose last word is a prefix, unless it ends with a blank or a quote. */
export function asPrefixQuery(q: string): string {
  const plain = q.replaceAll(/[“”„‟«»＂]/g, '"');
  const quoted = (plain.match(/"/g) ?? []).length % 2 === 1;
  return !quoted && /[\p{L}\p{N}\p{M}]{2}$/u.test(plain) ? `${plain}*` : plain.trim();
}
