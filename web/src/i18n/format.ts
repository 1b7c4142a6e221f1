/** Numbers, money, dates and times in the reader's conventions and time zone. Pure: the locale comes in as an argument. */

export interface Locale {
  language: string;
  /** IANA name; empty for the machine's own. */
  timezone: string;
}

/** A shortened number: 128.0 万, 1.3 M. */
export interface Short {
  text: string;
  unit: string;
}

const BCP: Record<string, string> = { zh: "zh-CN", en: "en-GB" };
const bcp = (language: string): string => BCP[language] ?? language;

/** Making one costs as much as printing a hundred values with it. */
const figures = new Map<string, Intl.NumberFormat>();
const moments = new Map<string, Intl.DateTimeFormat>();
const days = new Map<string, Intl.DateTimeFormat>();
const spans = new Map<string, Intl.RelativeTimeFormat>();
const signs = new Map<string, string>();

function kept<V>(cache: Map<string, V>, key: string, make: () => V): V {
  let found = cache.get(key);
  if (found === undefined) {
    found = make();
    cache.set(key, found);
  }
  return found;
}

const numbers = (language: string, options: Intl.NumberFormatOptions): Intl.NumberFormat =>
  kept(figures, language + JSON.stringify(options), () => new Intl.NumberFormat(bcp(language), options));

const dates = ({ language, timezone }: Locale, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  kept(
    moments,
    language + timezone + JSON.stringify(options),
    () => new Intl.DateTimeFormat(bcp(language), { timeZone: timezone || undefined, ...options }),
  );

export function number(value: number, { language }: Locale, digits?: number): string {
  return numbers(language, { minimumFractionDigits: digits, maximumFractionDigits: digits ?? 10 }).format(value);
}

const STEPS: Record<string, [number, string][]> = {
  zh: [
    [1e8, "亿"],
    [1e4, "万"],
  ],
  en: [
    [1e9, "B"],
    [1e6, "M"],
    [1e3, "K"],
  ],
};

/** At most five figures: 万 and 亿 for Chinese readers, K, M and B for others. Numbers below the first unit stay whole. */
export function short(value: number, { language }: Locale): Short {
  const size = Math.abs(value);
  const steps = STEPS[language] ?? STEPS.en ?? [];
  let at = steps.findIndex(([unit]) => size >= unit);
  if (at < 0) return { text: numbers(language, { maximumFractionDigits: size < 100 ? 2 : 0 }).format(value), unit: "" };
  const digits = (scaled: number) =>
    language === "zh" ? (at === 0 ? 2 : 1) : scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2;
  let scaled = size / (steps[at]?.[0] ?? 1);
  // 999,999 is 1.00 M, not 1,000 K.
  const up = at > 0 ? (steps[at - 1]?.[0] ?? 0) / (steps[at]?.[0] ?? 1) : 0;
  if (up && Number(scaled.toFixed(digits(scaled))) >= up) {
    at -= 1;
    scaled = size / (steps[at]?.[0] ?? 1);
  }
  const places = digits(scaled);
  const text = numbers(language, { minimumFractionDigits: places, maximumFractionDigits: places }).format(
    Math.sign(value) * scaled,
  );
  return { text, unit: steps[at]?.[1] ?? "" };
}

/** A figure and its unit in one line: 128.0 万, 1.28M. */
export const joined = ({ text, unit }: Short, { language }: Locale): string =>
  `${text}${unit && language === "zh" ? " " : ""}${unit}`;

/** How many there are; an estimate has a few figures only, as more would be believed. */
export function count(exact: unknown, estimate: number | null | undefined, locale: Locale): string {
  if (typeof exact === "number") return number(exact, locale);
  return `${locale.language === "zh" ? "约" : "≈"} ${joined(short(estimate ?? 0, locale), locale)}`;
}

/** ¥ and $ are what they are most; whoever shares a sign with them stands out: HK$, A$, NT$. */
const signOf = (currency: string) => (["CNY", "USD"].includes(currency) ? "narrowSymbol" : "symbol");

export function currencySign(currency: string, { language }: Locale): string {
  return kept(signs, `${language} ${currency}`, () => {
    try {
      const options = { style: "currency", currency, currencyDisplay: signOf(currency) } as const;
      const parts = numbers(language, options).formatToParts(0);
      return told(parts.find((part) => part.type === "currency")?.value ?? currency, currency);
    } catch {
      return currency;
    }
  });
}

/** Readers of English see ¥ for yen too; here it is what it is most, and yen have a sign of their own. */
const told = (text: string, currency: string) => (currency === "JPY" ? text.replace(/(?<!JP)¥/, "JP¥") : text);

/** The exact amount with its sign: ¥1,280,000.50. */
export function money(value: number, currency: string, locale: Locale): string {
  const whole = Number.isInteger(value);
  const digits = { minimumFractionDigits: whole ? 0 : 2, maximumFractionDigits: whole ? 0 : 2 };
  try {
    const options = { style: "currency", currency, currencyDisplay: signOf(currency), ...digits } as const;
    return told(numbers(locale.language, options).format(value), currency);
  } catch {
    return `${numbers(locale.language, digits).format(value)} ${currency}`;
  }
}

export const percent = (value: number, locale: Locale): string => `${number(value, locale)}%`;

/** A calendar date has no zone: it is read and printed in UTC. Of a moment it is the day on which it is in the reader's zone. */
function parseDate(value: string, locale: Locale): Date {
  return new Date(`${value.includes("T") ? today(locale, new Date(value)) : value.slice(0, 10)}T00:00:00Z`);
}

export function today({ timezone }: Locale, now = new Date()): string {
  const found = kept(days, timezone, () => {
    const parts = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
    return new Intl.DateTimeFormat("sv-SE", { timeZone: timezone || undefined, ...parts });
  });
  return found.format(now);
}

export function date(value: string, locale: Locale): string {
  const options: Intl.DateTimeFormatOptions =
    locale.language === "zh"
      ? { year: "numeric", month: "long", day: "numeric" }
      : { year: "numeric", month: "short", day: "numeric" };
  return dates({ ...locale, timezone: "UTC" }, options).format(parseDate(value, locale));
}

/** The short form: no year while it is this year's. */
export function day(value: string, locale: Locale, now = new Date()): string {
  const day = parseDate(value, locale);
  if (day.getUTCFullYear() !== Number(today(locale, now).slice(0, 4))) return date(value, locale);
  const month = locale.language === "zh" ? "long" : "short";
  return dates({ ...locale, timezone: "UTC" }, { month, day: "numeric" }).format(day);
}

/** Where there is little room, as under a chart, and the year is plain: 12/7, 7 Dec. */
export const dayShort = (value: string, locale: Locale): string =>
  dates(
    { ...locale, timezone: "UTC" },
    locale.language === "zh" ? { month: "numeric", day: "numeric" } : { month: "short", day: "numeric" },
  ).format(parseDate(value, locale));

/** A day's month, with its year. */
export const month = (value: string, locale: Locale): string =>
  dates({ ...locale, timezone: "UTC" }, { year: "numeric", month: locale.language === "zh" ? "long" : "short" }).format(
    parseDate(value, locale),
  );

export function weekday(value: string, locale: Locale): string {
  return dates({ ...locale, timezone: "UTC" }, { weekday: "long" }).format(parseDate(value, locale));
}

export function time(value: string, locale: Locale): string {
  return dates(locale, { hour: "2-digit", minute: "2-digit", hour12: false }).format(new Date(value));
}

export function datetime(value: string, locale: Locale, now = new Date()): string {
  return `${day(today(locale, new Date(value)), locale, now)} ${time(value, locale)}`;
}

/** Whole calendar days from today; negative is past. */
export function daysFromToday(value: string, locale: Locale, now = new Date()): number {
  return Math.round(
    (parseDate(value, locale).getTime() - parseDate(today(locale, now), locale).getTime()) / 86_400_000,
  );
}

const JUST: Record<string, string> = { zh: "刚刚", en: "just now" };

const relatively = (locale: Locale): Intl.RelativeTimeFormat =>
  kept(spans, locale.language, () => new Intl.RelativeTimeFormat(bcp(locale.language), { numeric: "auto" }));

/** So many days from today in words: yesterday, 47 days ago, in 3 days. */
export const inDays = (count: number, locale: Locale): string => relatively(locale).format(count, "day");

export function ago(value: string, locale: Locale, now = new Date()): string {
  const then = new Date(value);
  const seconds = (then.getTime() - now.getTime()) / 1000;
  const relative = relatively(locale);
  if (Math.abs(seconds) < 60) return JUST[locale.language] ?? "just now";
  if (Math.abs(seconds) < 3600) return relative.format(Math.round(seconds / 60), "minute");
  const far = daysFromToday(value, locale, now);
  if (far === 0) return relative.format(Math.round(seconds / 3600), "hour");
  if (Math.abs(far) < 30) return inDays(far, locale);
  return day(today(locale, then), locale, now);
}

const PARTS: Record<string, [string, string, string]> = { zh: [" 天", " 小时", " 分钟"], en: [" d", " h", " min"] };

export function duration(seconds: number, { language }: Locale): string {
  const names = PARTS[language] ?? PARTS.en ?? [" d", " h", " min"];
  const minutes = Math.round(Math.abs(seconds) / 60);
  const values = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  const text = values.map((value, at) => (value ? `${value}${names[at]}` : "")).filter(Boolean);
  return (seconds < 0 ? "−" : "") + (text.length ? text.join(" ") : `0${names[2]}`);
}
