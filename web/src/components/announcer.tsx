import { create } from "zustand";

const useAnnouncement = create<{ text: string }>(() => ({ text: "" }));

/** Have a screen reader say something when it is free. */
export function announce(text: string): void {
  useAnnouncement.setState({ text });
}

/** The page's one live region. */
export function Announcer() {
  const text = useAnnouncement((state) => state.text);
  return (
    <div aria-live="polite" aria-atomic className="sr-only" data-announcer>
      {text}
    </div>
  );
}
