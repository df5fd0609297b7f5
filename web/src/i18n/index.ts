/** The translations of the app. Every language has every key. */
import { create } from "zustand";

import { type Language, prefer, usePreferences } from "@/lib/preferences";
import { localeOf } from "@/lib/locale";

import { en } from "./en";
import type { artifacts } from "./en/artifacts";
import type { fields } from "./en/fields";
import type { library } from "./en/library";
import type { search } from "./en/search";
import type { settings } from "./en/settings";

type Text = string | { readonly one: string; readonly other: string };
type Values = Readonly<Record<string, string | number>>;
export type Key = keyof typeof en | keyof typeof artifacts | keyof typeof fields | keyof typeof library | keyof typeof search | keyof typeof settings;
export type Texts = Readonly<Record<Key, Text>>;
export type Translate = (key: Key, values?: Values) => string;

/** The languages, each by its own name. */
export const LANGUAGES: Readonly<Record<Language, string>> = { en: "English", de: "Deutsch" };

const others: Record<Exclude<Language, "en">, () => Promise<Texts>> = {
  de: async () => (await import("./de")).de,
};

/** English is split, so that the first page is small; other languages load as a whole. */
const english: Partial<Texts> = { ...en };

const useTexts = create<{ language: string; texts: Partial<Texts> }>(() => ({ language: "en", texts: english }));

/** Register English texts of a part of the app that loads later. */
export function registerTexts(texts: Partial<Texts>): void {
  Object.assign(english, texts);
}

/** Load the selected language or that of the browser; if that fails, English stays. */
export async function loadLanguage(): Promise<void> {
  const language = usePreferences.getState().language ?? browserLanguage();
  const texts = language === "en" ? english : await others[language]().catch(() => undefined);
  if (texts) useTexts.setState({ language: localeOf(language, navigator.languages), texts });
}

export function chooseLanguage(language: Language | undefined): Promise<void> {
  prefer({ language });
  return loadLanguage();
}

function browserLanguage(): Language {
  return navigator.languages.some((name) => name.startsWith("de")) && !navigator.language.startsWith("en") ? "de" : "en";
}

/** Replaces `{name}` by a value; `count` selects the plural form. */
export function fill(language: string, text: Text, values: Values = {}): string {
  const chosen = typeof text === "string" ? text : text[plural(language, Number(values["count"]))];
  return chosen.replaceAll(/\{(\w+)\}/g, (hole, name: string) => {
    const value = values[name];
    return typeof value === "number" ? value.toLocaleString(language) : (value ?? hole);
  });
}

function plural(language: string, count: number): "one" | "other" {
  return new Intl.PluralRules(language).select(count) === "one" ? "one" : "other";
}

/** The locale that the browser prefers for the language, such as `en-GB`. */
export function useLanguage(): string {
  return useTexts((state) => state.language);
}

export function useT(): Translate {
  const { language, texts } = useTexts();
  return (key, values) => fill(language, texts[key] ?? key, values);
}

/** Translate outside components, for example in notices. */
export const t: Translate = (key, values) => {
  const { language, texts } = useTexts.getState();
  return fill(language, texts[key] ?? key, values);
};
