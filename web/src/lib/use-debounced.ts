import { useEffect, useState } from "react";

/** A value after it has not changed for `pause` milliseconds. */
export function useDebounced<T>(value: T, pause: number): T {
  const [settled, settle] = useState(value);
  useEffect(() => {
    const timer = setTimeout(settle, pause, value);
    return () => clearTimeout(timer);
  }, [value, pause]);
  return settled;
}
