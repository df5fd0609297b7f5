/** Date formatting. */

export type Period = "today" | "yesterday" | "week" | "month" | `${number}-${string}`;

const DAY = 24 * 3600 * 1000;

/** The heading for a time: recent days, then a month such as `2026-03`. */
export function period(time: string, now = new Date()): Period {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const at = new Date(time).getTime();
  if (at >= midnight) return "today";
  if (at >= midnight - DAY) return "yesterday";
  if (at >= midnight - 7 * DAY) return "week";
  if (at >= midnight - 30 * DAY) return "month";
  const date = new Date(at);
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}`;
}

export function monthName(month: string, language: string): string {
  return new Date(`${month}-15T12:00`).toLocaleDateString(language, { month: "long", year: "numeric" });
}

export function dateTime(time: string, language: string): string {
  return new Date(time).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
}

export function shortDate(time: string, language: string, now = new Date()): string {
  const date = new Date(time);
  if (date.toDateString() === now.toDateString())
    return date.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
  const year = date.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return date.toLocaleDateString(language, { day: "numeric", month: "short", year });
}

/** Compare two server times with microseconds, as for `Array.sort`. */
export function compareTimes(a: string, b: string): number {
  // Without the Z, a time with a fraction sorts after the same second without one.
  const [first, second] = [a.replace("Z", ""), b.replace("Z", "")];
  if (first === second) return 0;
  return first < second ? -1 : 1;
}
