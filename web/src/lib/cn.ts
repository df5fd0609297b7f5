import { type ClassValue, clsx } from "clsx";
import { twMerge } from "tailwind-merge";

/** Class names, of which the later win. */
export function cn(...names: ClassValue[]): string {
  return twMerge(clsx(names));
}
