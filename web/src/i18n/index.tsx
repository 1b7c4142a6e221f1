/** Two languages, written and not translated: dictionaries by area, the reader's language and formats. */
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { connection } from "../api/client";
import { arrived } from "../renew";
import type { Label } from "../schema/catalog";
import type en from "./en/all";
import * as format from "./format";
import { fill, inline, labelIn } from "./words";

export { labelIn } from "./words";

export type Language = "en" | "zh";
export type Key = keyof typeof en;
export type Dictionary = Record<Key, string>;
export type T = (key: Key, params?: Record<string, string | number>) => string;

interface Loaded {
  language: Language;
  words: Dictionary;
}

type File = () => Promise<{ default: Partial<Dictionary> }>;

const FILES: Record<Language, { first: File; more: File }> = {
  en: { first: () => import("./en"), more: () => import("./en/more") },
  zh: { first: () => import("./zh"), more: () => import("./zh/more") },
};

const STORED = "guanxi.language";
const known: Partial<Record<Language, Partial<Dictionary>>> = {};
const asked = new Map<File, Promise<void>>();
/** Whether something is drawn that needs more than the first words. */
let further = false;

/** Adds a file's words to those that are known of a language; asked for once. */
function learn(language: Language, file: File): Promise<void> {
  let found = asked.get(file);
  if (!found) {
    found = arrived(file).then((module) => {
      known[language] = Object.assign(known[language] ?? {}, module.default);
    });
    asked.set(file, found);
    // What could not be fetched is asked for again.
    found.catch(() => asked.delete(file));
  }
  return found;
}

/** The words of a language, as many as are needed; those that come later come into the same ones. */
async function wordsOf(language: Language): Promise<Dictionary> {
  const { first, more } = FILES[language];
  await Promise.all([learn(language, first), further && learn(language, more)]);
  return known[language] as Dictionary;
}

/** The words of areas that the first screens say nothing of, in the languages that are spoken here. */
export async function moreWords(): Promise<void> {
  further = true;
  const spoken = (Object.keys(FILES) as Language[]).filter((language) => asked.has(FILES[language].first));
  await Promise.all(spoken.map((language) => learn(language, FILES[language].more)));
}

/** A file of the page together with the words that what is in it says. */
export const spoken =
  <Found,>(load: () => Promise<Found>) =>
  (): Promise<Found> =>
    Promise.all([load(), moreWords()]).then(([found]) => found);

/** The language asked for last on this machine, or the browser's. */
export function preferredLanguage(): Language {
  const stored = localStorage.getItem(STORED);
  if (stored === "en" || stored === "zh") return stored;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** Sends for the words before anything is drawn. */
export function askForWords(): void {
  void wordsOf(preferredLanguage());
}

interface I18n {
  language: Language;
  /** `remember` keeps it on this machine for the screens before sign-in. */
  setLanguage: (language: Language, remember?: boolean) => void;
  timezone: string;
  setTimezone: (timezone: string) => void;
  t: T;
}

const Context = createContext<I18n | null>(null);

export function I18nProvider({ children }: { children: ReactNode }) {
  const [wanted, setWanted] = useState<Language>(preferredLanguage);
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  // Empty is the machine's own: asking which that is costs as much as drawing ten rows, and the shell knows better.
  const [timezone, setTimezone] = useState("");

  useEffect(() => {
    let current = true;
    void wordsOf(wanted).then((words) => {
      if (!current) return;
      connection.setLanguage(wanted, { away: words["shell.offline"], broken: words["shell.error.text"] });
      document.documentElement.lang = wanted === "zh" ? "zh-CN" : "en";
      setLoaded({ language: wanted, words });
    });
    return () => {
      current = false;
    };
  }, [wanted]);

  const setLanguage = useCallback((next: Language, remember = false) => {
    if (remember) localStorage.setItem(STORED, next);
    setWanted(next);
  }, []);

  return (
    loaded && (
      <Spoken {...loaded} timezone={timezone} setLanguage={setLanguage} setTimezone={setTimezone}>
        {children}
      </Spoken>
    )
  );
}

/** What is inside speaks one language. */
export function Spoken({
  language,
  words,
  timezone,
  setLanguage,
  setTimezone,
  children,
}: Loaded & Omit<I18n, "t"> & { children: ReactNode }) {
  const value = useMemo<I18n>(
    () => ({
      language,
      setLanguage,
      timezone,
      setTimezone,
      t: (key, params) => fill(words[key] ?? key, params, (one) => format.number(one, { language, timezone })),
    }),
    [language, words, timezone, setLanguage, setTimezone],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

function useI18n(): I18n {
  const value = useContext(Context);
  if (!value) throw new Error("useI18n outside I18nProvider");
  return value;
}

export const useT = (): T => useI18n().t;

export function useLanguage() {
  const { language, setLanguage, timezone, setTimezone } = useI18n();
  return { language, setLanguage, timezone, setTimezone };
}

const TONGUES: Record<string, readonly ["en" | "zh", "en" | "zh"]> = { zh: ["zh", "en"] };

/** The languages that names are written in, the reader's own first. */
export const useTongues = (): readonly ["en" | "zh", "en" | "zh"] => TONGUES[useLanguage().language] ?? ["en", "zh"];

/** A label of the catalog in the reader's language. */
export function useLabel(): (label: Label | null | undefined, fallback?: string) => string {
  const { language } = useI18n();
  return useMemo(
    () =>
      (label, fallback = "") =>
        labelIn(label, language, fallback),
    [language],
  );
}

/** What one and several of an object are called, as they stand in a sentence. */
export function useNouns(object: { name: string; label: Label; plural: Label }): { one: string; many: string } {
  const { language } = useI18n();
  return useMemo(
    () => ({
      one: inline(labelIn(object.label, language, object.name), language),
      many: inline(labelIn(object.plural, language, object.name), language),
    }),
    [object, language],
  );
}

/** The formatters, bound to the reader. */
export function useFormat() {
  const { language, timezone } = useI18n();
  return useMemo(() => formatter({ language, timezone }), [language, timezone]);
}

export type Format = ReturnType<typeof formatter>;

export function formatter(locale: format.Locale) {
  return {
    locale,
    number: (value: number, digits?: number) => format.number(value, locale, digits),
    count: (exact: unknown, estimate?: number | null) => format.count(exact, estimate, locale),
    joined: (figure: format.Short) => format.joined(figure, locale),
    short: (value: number) => format.short(value, locale),
    money: (value: number, currency: string) => format.money(value, currency, locale),
    moneyShort: (value: number, currency: string) => ({
      sign: format.currencySign(currency, locale),
      ...format.short(value, locale),
    }),
    percent: (value: number) => format.percent(value, locale),
    date: (value: string) => format.date(value, locale),
    day: (value: string) => format.day(value, locale),
    month: (value: string) => format.month(value, locale),
    weekday: (value: string) => format.weekday(value, locale),
    time: (value: string) => format.time(value, locale),
    datetime: (value: string) => format.datetime(value, locale),
    ago: (value: string) => format.ago(value, locale),
    duration: (seconds: number) => format.duration(seconds, locale),
    today: () => format.today(locale),
    dayShort: (value: string) => format.dayShort(value, locale),
    inDays: (count: number) => format.inDays(count, locale),
    daysFromToday: (value: string) => format.daysFromToday(value, locale),
  };
}
