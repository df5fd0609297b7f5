import { type FocusEvent, type RefObject, useLayoutEffect, useMemo, useRef, useState } from "react";

import { type Row, isItem } from "./rows";

/** The focused row (roving tabindex). A row keeps the focus when it moves; when it disappears, the next one gets it. */
export function useRowFocus(rows: readonly Row[], scroller: RefObject<HTMLElement | null>, open: string | undefined) {
  const [active, setActive] = useState<{ key: string; index: number }>();
  const requested = useRef(false);
  const inside = useRef(false);

  const index = useMemo(() => {
    if (!active) {
      const current = rows.findIndex((row) => row.kind === "conversation" && row.conversation.id === open);
      return current >= 0 ? current : rows.findIndex(isItem);
    }
    const index = rows.findIndex((row) => row.key === active.key);
    if (index >= 0) return index;
    const next = rows.findIndex((row, i) => i >= active.index && isItem(row));
    return next >= 0 ? next : rows.findLastIndex(isItem);
  }, [rows, active, open]);

  const key = rows[index]?.key;
  useLayoutEffect(() => {
    const lost = inside.current && document.activeElement === document.body;
    if (key === undefined || (!requested.current && !lost)) return;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(key)}"]`);
    if (!row) return;
    requested.current = false;
    row.focus({ preventScroll: true });
  });

  return {
    index,
    on(row: Row) {
      requested.current = true;
      setActive({ key: row.key, index: rows.indexOf(row) });
    },
    handlers: {
      onFocus({ target }: FocusEvent) {
        inside.current = true;
        const at = Number(target.closest<HTMLElement>("[data-index]")?.dataset["index"]);
        const row = rows[at];
        if (isItem(row)) setActive({ key: row.key, index: at });
      },
      onBlur() {
        inside.current = false;
      },
    },
  };
}
