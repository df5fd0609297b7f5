import { SearchIcon, XIcon } from "lucide-react";
import { useRef, useState } from "react";

import { IconButton } from "@/components/ui/button";
import { Input } from "@/components/ui/field";
import { useT } from "@/features/search/texts";

const PAUSE = 250;

/** The search field. It submits shortly after the last key, and at once on Enter. */
export function SearchField({ label, value, autoFocus = false, onChange }: {
  label: string;
  value: string;
  autoFocus?: boolean;
  onChange: (value: string) => void;
}) {
  const t = useT();
  const [text, setText] = useState(value);
  const [previousValue, setPreviousValue] = useState(value);
  const [submitted, setSubmitted] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const field = useRef<HTMLInputElement>(null);
  if (value !== previousValue) {
    setPreviousValue(value);
    if (value !== submitted) setText(value); // changed by the palette or by navigation
  }
  const submit = (next: string) => {
    clearTimeout(timer.current);
    setSubmitted(next);
    onChange(next);
  };
  return (
    <form
      role="search"
      className="relative"
      onSubmit={(event) => {
        event.preventDefault();
        submit(text);
      }}
    >
      <SearchIcon aria-hidden className="pointer-events-none absolute inset-s-3.5 top-1/2 size-4 -translate-y-1/2 text-muted" />
      <Input
        ref={field}
        type="search"
        autoFocus={autoFocus}
        maxLength={1000}
        value={text}
        aria-label={label}
        placeholder={label}
        className="h-11 rounded-xl ps-10 pe-12 text-base [&::-webkit-search-cancel-button]:hidden"
        onChange={(event) => {
          const next = event.target.value;
          setText(next);
          clearTimeout(timer.current);
          timer.current = setTimeout(submit, PAUSE, next);
        }}
      />
      {text !== "" && (
        <IconButton
          label={t("search.field.clear")}
          className="absolute inset-e-1.5 top-1/2 -translate-y-1/2 touch:inset-e-0"
          onClick={() => {
            setText("");
            submit("");
            field.current?.focus();
          }}
        >
          <XIcon />
        </IconButton>
      )}
    </form>
  );
}
