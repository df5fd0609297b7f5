/** What the app says, in the language that was chosen. Every key of English is in every other language. */
import { create } from "zustand";

import { type Language, prefer, usePreferences } from "@/lib/preferences";
import { localeOf } from "@/lib/locale";

import { en } from "./en";
import type { artifacts } from "./en/artifacts";
import type { search } from "./en/search";
import type { settings } from "./en/settings";

type Text = string | { readonly one: string; readonly other: string };
type Values = Readonly<Record<string, string | number>>;
export type Key = keyof typeof en | keyof typeof artifacts | keyof typeof search | keyof typeof settings;
export type Texts = Readonly<Record<Key, Text>>;
export type Translate = (key: Key, values?: Values) => string;

/** The names of the languages in themselves. */
export const LANGUAGES: Readonly<Record<Language, string>> = { en: "English", de: "Deutsch" };

const others: Record<Exclude<Language, "en">, () => Promise<Texts>> = {
  de: async () => (await import("./de")).de,
};

/** English comes in parts, so that the first page is small; another language comes as a whole. */
const english: Partial<Texts> = { ...en };

const useTexts = create<{ language: string; texts: Partial<Texts> }>(() => ({ language: "en", texts: english }));

/** English texts of a part of the app that is loaded later, for that part to bring before it is shown. */
export function bring(texts: Partial<Texts>): void {
  Object.assign(english, texts);
}

/** Load the language that was chosen, or that of the browser; English stays where that fails. */
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

/** `{name}` is replaced by a value; `count` chooses the plural. */
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

/** The language in the variety that the browser prefers, such as `en-GB`. */
export function useLanguage(): string {
  return useTexts((state) => state.language);
}

export function useT(): Translate {
  const { language, texts } = useTexts();
  return (key, values) => fill(language, texts[key] ?? key, values);
}

/** Say something in what is no component, such as the notice of a failure. */
export const t: Translate = (key, values) => {
  const { language, texts } = useTexts.getState();
  return fill(language, texts[key] ?? key, values);
};
