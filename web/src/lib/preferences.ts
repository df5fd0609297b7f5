/** The preferences of this browser. They are not secret, and losing them is harmless. */
import { create } from "zustand";
import { persist } from "zustand/middleware";

export type Theme = "light" | "dark" | "system";
export type Language = "en" | "de";

interface Preferences {
  theme: Theme;
  /** Text size of the conversation, in percent. */
  fontSize: number;
  /** Width of the conversation. */
  width: "narrow" | "normal" | "wide";
  /** Undefined follows the browser. */
  language: Language | undefined;
  /** Whether Enter sends; otherwise Ctrl+Enter does. */
  enterSends: boolean;
  sidebarOpen: boolean;
  /** Width of the artifact panel, in percent of the shared width. */
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
