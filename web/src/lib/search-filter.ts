import { type Given, days, words } from "@/lib/address-search";

/** What a search asks for, as it stands in the page's address. */
export interface SearchFilter {
  q?: string;
  role?: "user" | "assistant" | "system" | "tool";
  /** A project's id. */
  project?: string;
  model?: string;
  /** Days, such as `2026-03-01`, in the time zone of the browser; both are included. */
  from?: string;
  to?: string;
  /** Only what is archived, or only what is not. */
  archived?: boolean;
}

export const ROLES = ["user", "assistant", "system", "tool"] as const;

/** The filter in an address; what makes no sense is left out. */
export function searchFilter(search: Given): SearchFilter {
  const filter: SearchFilter = { ...words(search, ["q", "project", "model"]), ...days(search, ["from", "to"]) };
  const role = ROLES.find((name) => name === search["role"]);
  if (role) filter.role = role;
  if (typeof search["archived"] === "boolean") filter.archived = search["archived"];
  return filter;
}

/** How much more is asked than words. */
export function filterCount(filter: SearchFilter): number {
  return Object.keys(filter).filter((name) => name !== "q").length;
}

/** What the server is asked with. */
export function searchParameters({ q = "", role, project, model, from, to, archived }: SearchFilter) {
  return {
    q: asTyped(q),
    ...(role && { role: [role] }),
    ...(project && { project_id: project }),
    ...(model && { model }),
    ...(from && { since: midnight(from).toISOString() }),
    ...(to && { until: midnight(to, 1).toISOString() }),
    ...(archived !== undefined && { archived }),
  };
}

/** The beginning of a day, or of a later one, in the time zone of the browser. */
export function midnight(day: string, later = 0): Date {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later);
}

const DENSE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

/** Why a search cannot be made yet: there is nothing to look for, or too little. */
export function unsearchable(q: string): "empty" | "wordless" | "short" | undefined {
  if (q.trim() === "") return "empty";
  const letters = q.match(/[\p{L}\p{N}]/gu) ?? [];
  if (letters.length === 0) return "wordless";
  return letters.length < 2 && !DENSE.test(q) ? "short" : undefined;
}

/** A search whose last word may be unfinished: it stands for all that begin so, unless it ends with a blank or a quote. */
export function asTyped(q: string): string {
  const plain = q.replaceAll(/[“”„‟«»＂]/g, '"');
  const quoted = (plain.match(/"/g) ?? []).length % 2 === 1;
  return !quoted && /[\p{L}\p{N}\p{M}]{2}$/u.test(plain) ? `${plain}*` : plain.trim();
}
