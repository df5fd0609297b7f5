import { create } from "zustand";

const useAnnouncement = create<{ text: string }>(() => ({ text: "" }));

/** Have a screen reader announce a text politely. */
export function announce(text: string): void {
  useAnnouncement.setState({ text });
}

/** The only live region of the page. */
export function Announcer() {
  const text = useAnnouncement((state) => state.text);
  return (
    <div aria-live="polite" aria-atomic className="sr-only" data-announcer>
      {text}
    </div>
  );
}
