/** How this browser likes the app. Nothing here is secret, and nothing is lost that matters. */
import { create } from "zustand";
import { persist } from "zustand/middleware";

export type Theme = "light" | "dark" | "system";
export type Language = "en" | "de";

interface Preferences {
  theme: Theme;
  /** Of the conversation's text, in percent. */
  fontSize: number;
  /** Of the conversation's column. */
  width: "narrow" | "normal" | "wide";
  /** What is undefined follows the browser. */
  language: Language | undefined;
  /** Whether Enter sends, or Ctrl+Enter does. */
  enterSends: boolean;
  sidebarOpen: boolean;
  /** Of the artifact beside a conversation, in percent of the room for both. */
  panelWidth: number;
  favouriteModels: readonly string[];
  lastModel: string | undefined;
}

export const usePreferences = create<Preferences>()(
  persist(
    (): Preferences => ({
      theme: "system",
      fontSize: 100,
      width: "normal",
      language: undefined,
      enterSends: true,
      sidebarOpen: true,
      panelWidth: 50,
      favouriteModels: [],
      lastModel: undefined,
    }),
    { name: "hansard.preferences" },
  ),
);

export const prefer = usePreferences.setState;
