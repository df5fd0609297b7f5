import { useEffect, useState } from "react";

/** A value once it has stayed the same for so many milliseconds. */
export function useDebounced<T>(value: T, pause: number): T {
  const [settled, settle] = useState(value);
  useEffect(() => {
    const timer = setTimeout(settle, pause, value);
    return () => clearTimeout(timer);
  }, [value, pause]);
  return settled;
}
