/** The last `count` days, oldest first, such as `2026-03-01`, in the browser's time zone. */
export function days(count: number, now = new Date()): string[] {
  return Array.from({ length: count }, (_, i) => {
    const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() - (count - 1 - i), 12);
    return [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
  });
}

/** Seconds as hours and minutes. */
export function duration(seconds: number, language: string): string {
  const part = (value: number, unit: "hour" | "minute") =>
    value.toLocaleString(language, { style: "unit", unit, unitDisplay: "narrow" });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return part(minutes, "minute");
  return `${part(Math.floor(minutes / 60), "hour")} ${part(minutes % 60, "minute")}`;
}

/** Bytes in a readable unit. */
export function bytes(count: number, language: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
  const step = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log(count) / Math.log(1000)));
  return (count / 1000 ** step).toLocaleString(language, {
    style: "unit",
    unit: units[step] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: step === 0 ? 0 : 1,
  });
}
