/** Days and moments as people write them: 下周三, 月底, 明天下午3点, next friday, in 3 days. */

import { readChinese } from "./numbers";

/** A calendar day without a time zone. */
export interface Day {
  year: number;
  month: number;
  day: number;
}

export interface Clock {
  hour: number;
  minute: number;
}

const pad = (n: number, width = 2): string => String(n).padStart(width, "0");

export const isoDay = (d: Day): string => `${pad(d.year, 4)}-${pad(d.month)}-${pad(d.day)}`;

/** Reads YYYY-MM-DD (a longer text counts by its start); null when it is none. */
export function parseIsoDay(text: string): Day | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})/.exec(text);
  return match === null ? null : valid(Number(match[1]), Number(match[2]), Number(match[3]));
}

function valid(year: number, month: number, day: number): Day | null {
  const date = new Date(Date.UTC(year, month - 1, day));
  return year >= 1000 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? { year, month, day } : null;
}

const utc = (d: Day): Date => new Date(Date.UTC(d.year, d.month - 1, d.day));
const fromUtc = (d: Date): Day => ({ year: d.getUTCFullYear(), month: d.getUTCMonth() + 1, day: d.getUTCDate() });

export const addDays = (d: Day, n: number): Day => fromUtc(new Date(utc(d).getTime() + n * 86_400_000));

/** Months later, on the same day or the month's last. */
export function addMonths(d: Day, n: number): Day {
  const first = new Date(Date.UTC(d.year, d.month - 1 + n, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  return { year: first.getUTCFullYear(), month: first.getUTCMonth() + 1, day: Math.min(d.day, last) };
}

/** 1 Monday … 7 Sunday. */
export const weekday = (d: Day): number => ((utc(d).getUTCDay() + 6) % 7) + 1;

/** Whole days from `a` to `b`. */
export const daysBetween = (a: Day, b: Day): number => Math.round((utc(b).getTime() - utc(a).getTime()) / 86_400_000);

// -- time zones ------------------------------------------------------------------------------------------------------

const clocks = new Map<string, Intl.DateTimeFormat>();

/** A zone's clock, made once: making one costs more than a table of cells. */
function clockOf(zone: string): Intl.DateTimeFormat {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    const parts = {
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    } as const;
    try {
      clock = new Intl.DateTimeFormat("en", { ...parts, timeZone: zone });
    } catch {
      // a zone that this browser does not know is read as UTC rather than breaking the page
      clock = new Intl.DateTimeFormat("en", { ...parts, timeZone: "UTC" });
    }
    clocks.set(zone, clock);
  }
  return clock;
}

/** The wall clock of a moment in a zone. */
export function wall(moment: Date, zone: string): Day & Clock {
  const parts = clockOf(zone).formatToParts(moment);
  const at = (type: string): number => Number(parts.find((p) => p.type === type)?.value ?? 0);
  return { year: at("year"), month: at("month"), day: at("day"), hour: at("hour"), minute: at("minute") };
}

/** The moment at which a zone's clocks show this; where clocks are put forward, the moment after the gap. */
export function moment(d: Day, clock: Clock, zone: string): Date {
  const wanted = Date.UTC(d.year, d.month - 1, d.day, clock.hour, clock.minute);
  let guess = wanted;
  for (let turn = 0; turn < 2; turn++) {
    const w = wall(new Date(guess), zone);
    guess += wanted - Date.UTC(w.year, w.month - 1, w.day, w.hour, w.minute);
  }
  return new Date(guess);
}

export const today = (zone: string, now: Date = new Date()): Day => {
  const { year, month, day } = wall(now, zone);
  return { year, month, day };
};

// -- reading ---------------------------------------------------------------------------------------------------------

const WEEK: Record<string, number> = {
  一: 1,
  二: 2,
  三: 3,
  四: 4,
  五: 5,
  六: 6,
  日: 7,
  天: 7,
  末: 6,
  "1": 1,
  "2": 2,
  "3": 3,
  "4": 4,
  "5": 5,
  "6": 6,
  "7": 7,
  mon: 1,
  tue: 2,
  wed: 3,
  thu: 4,
  fri: 5,
  sat: 6,
  sun: 7,
};
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const NUM = "(\\d{1,3}|[一二两三四五六七八九十]{1,3})";
const EN_DAY = "(mon|tue|wed|thu|fri|sat|sun)[a-z]*";
const EN_MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\\.?";

const count = (text: string): number => (/^\d/.test(text) ? Number(text) : readChinese(text));
const lastOfMonth = (d: Day): Day => ({ ...d, day: new Date(Date.UTC(d.year, d.month, 0)).getUTCDate() });

type Rule = [RegExp, (m: RegExpExecArray, now: Day) => Day | null];

/** The next such day of the year, so that 3月5日 said in November is next year's. A month back is still this year's. */
function yearless(now: Day, month: number, day: number): Day | null {
  const here = valid(now.year, month, day);
  if (here === null) return valid(now.year + 1, month, day);
  return daysBetween(here, now) > 31 ? valid(now.year + 1, month, day) : here;
}

const unitDays = (now: Day, n: number, unit: string): Day => {
  if (/^(天|日|d)/.test(unit)) return addDays(now, n);
  if (/^(周|星期|礼拜|w)/.test(unit)) return addDays(now, n * 7);
  if (/^(年|y)/.test(unit)) return addMonths(now, n * 12);
  return addMonths(now, n);
};

const RULES: Rule[] = [
  [
    /(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?/,
    (m) => valid(Number(m[1]), Number(m[2]), Number(m[3])),
  ],
  [/(\d{4})(\d{2})(\d{2})(?!\d)/, (m) => valid(Number(m[1]), Number(m[2]), Number(m[3]))],
  [
    new RegExp(`(?:(今|明|去)年)?${NUM}月${NUM}[日号]?`),
    (m, now) => {
      const year = m[1] === "明" ? now.year + 1 : m[1] === "去" ? now.year - 1 : 0;
      const [month, day] = [count(m[2] ?? ""), count(m[3] ?? "")];
      return m[1] === undefined ? yearless(now, month, day) : valid(year || now.year, month, day);
    },
  ],
  [/大后天/, (_, now) => addDays(now, 3)],
  [/后天|the day after tomorrow/, (_, now) => addDays(now, 2)],
  [/明[天日]|明(?=[早晚上下中])|\btomorrow\b|\btmr\b/, (_, now) => addDays(now, 1)],
  [/大前天/, (_, now) => addDays(now, -3)],
  [/前天/, (_, now) => addDays(now, -2)],
  [/昨[天日]|昨(?=晚)|\byesterday\b/, (_, now) => addDays(now, -1)],
  [/今[天日]|今(?=[早晚])|\btoday\b|\btonight\b/, (_, now) => now],
  [
    /(下+|上+|本|这)?个?(?:周|星期|礼拜)([一二三四五六日天末1-7])/,
    (m, now) => {
      const way = m[1] ?? "";
      const monday = addDays(now, 1 - weekday(now));
      const wanted = WEEK[m[2] ?? ""] ?? 1;
      if (way.startsWith("下")) return addDays(monday, way.length * 7 + wanted - 1);
      if (way.startsWith("上")) return addDays(monday, -way.length * 7 + wanted - 1);
      const day = addDays(monday, wanted - 1);
      // 周三 without a word before it is the coming one
      return way === "" && daysBetween(now, day) < 0 ? addDays(day, 7) : day;
    },
  ],
  [
    new RegExp(`\\b(next|last|this)?\\s*${EN_DAY}\\b`),
    (m, now) => {
      const monday = addDays(now, 1 - weekday(now));
      const day = addDays(monday, (WEEK[m[2] ?? ""] ?? 1) - 1);
      if (m[1] === "next") return addDays(day, 7);
      if (m[1] === "last") return addDays(day, -7);
      return m[1] === undefined && daysBetween(now, day) < 0 ? addDays(day, 7) : day;
    },
  ],
  [
    new RegExp(`${NUM}\\s*(?:个)?(天|日|周|星期|礼拜|月|年)(以?后|之后|前|之前)`),
    (m, now) => unitDays(now, (m[3] ?? "").includes("前") ? -count(m[1] ?? "") : count(m[1] ?? ""), m[2] ?? ""),
  ],
  [/半个月后/, (_, now) => addDays(now, 15)],
  [/\bin\s+(\d{1,3}|an?)\s*(days?|weeks?|months?|years?)\b/, (m, now) => unitDays(now, Number(m[1]) || 1, m[2] ?? "")],
  [/\b(\d{1,3})\s*(days?|weeks?|months?|years?)\s+ago\b/, (m, now) => unitDays(now, -Number(m[1]), m[2] ?? "")],
  [/(?:^|\s)\+(\d{1,3})\s*([dwmy])\b/, (m, now) => unitDays(now, Number(m[1]), m[2] ?? "")],
  [
    /(下下|下|本|这|上)?个?月(底|末|初|中)|\bend of (this |next )?month\b/,
    (m, now) => {
      const way = m[1] ?? (m[3] === "next " ? "下" : "");
      const in_ = addMonths({ ...now, day: 1 }, way === "下下" ? 2 : way === "下" ? 1 : way === "上" ? -1 : 0);
      return m[2] === "初" ? in_ : m[2] === "中" ? { ...in_, day: 15 } : lastOfMonth(in_);
    },
  ],
  [
    new RegExp(`(下下|下|本|这|上)个?月${NUM}[日号]?`),
    (m, now) => {
      const in_ = addMonths({ ...now, day: 1 }, m[1] === "下下" ? 2 : m[1] === "下" ? 1 : m[1] === "上" ? -1 : 0);
      return valid(in_.year, in_.month, count(m[2] ?? ""));
    },
  ],
  [/年底|年末|\bend of (the |this )?year\b/, (_, now) => ({ year: now.year, month: 12, day: 31 })],
  [
    /季度?末|\bend of (the |this )?quarter\b/,
    (_, now) => lastOfMonth({ year: now.year, month: Math.ceil(now.month / 3) * 3, day: 1 }),
  ],
  [/下个?(?:周|星期|礼拜)(?![一二三四五六日天末])|\bnext week\b/, (_, now) => addDays(now, 8 - weekday(now))],
  [/下个?月|\bnext month\b/, (_, now) => addMonths({ ...now, day: 1 }, 1)],
  [
    new RegExp(`\\b(\\d{1,2})(?:st|nd|rd|th)?\\s+${EN_MONTH}(?:,?\\s+(\\d{4}))?(?!\\w)`),
    (m, now) => {
      const month = MONTHS.indexOf(m[2] ?? "") + 1;
      return m[3] === undefined ? yearless(now, month, Number(m[1])) : valid(Number(m[3]), month, Number(m[1]));
    },
  ],
  [
    new RegExp(`\\b${EN_MONTH}\\s+(\\d{1,2})(?:st|nd|rd|th)?(?!:)(?:,?\\s+(\\d{4}))?(?!\\w)`),
    (m, now) => {
      const month = MONTHS.indexOf(m[1] ?? "") + 1;
      return m[3] === undefined ? yearless(now, month, Number(m[2])) : valid(Number(m[3]), month, Number(m[2]));
    },
  ],
  [/(?<![\d.:/-])(\d{1,2})[-/](\d{1,2})(?![\d.:/-])/, (m, now) => yearless(now, Number(m[1]), Number(m[2]))],
  [
    new RegExp(`(?<![\\d.:第])${NUM}[号日](?![\\d内])`),
    (m, now) => {
      const day = count(m[1] ?? "");
      const here = valid(now.year, now.month, day);
      const later = addMonths({ ...now, day: 1 }, 1);
      return here !== null && daysBetween(now, here) >= 0 ? here : valid(later.year, later.month, day);
    },
  ],
];

const TIME =
  /(凌晨|早上|早晨|早|上午|中午|下午|傍晚|晚上|晚)?\s*(\d{1,2}|[一二两三四五六七八九十]{1,3})\s*(?:[:：](\d{2})|(?:点钟?|时)(半|一刻|三刻|\d{1,2}分?)?)|\b(?:at\s+)?(\d{1,2})(?::(\d{2}))?\s*([ap])\.?m\b\.?/;

export interface Found<T> {
  value: T;
  /** The words that meant it, as they stand in the text. */
  text: string;
  index: number;
}

/** The first day that a text speaks of. */
export function findDay(text: string, now: Day): Found<Day> | null {
  const source = text.toLowerCase();
  let best: Found<Day> | null = null;
  for (const [pattern, read] of RULES) {
    const match = pattern.exec(source);
    if (match === null) continue;
    // an earlier rule wins over a later one that begins inside what it took
    if (best !== null && match.index >= best.index) continue;
    const value = read(match, now);
    if (value !== null)
      best = { value, text: text.slice(match.index, match.index + match[0].length), index: match.index };
  }
  return best;
}

/** The first time of day that a text speaks of. */
export function findClock(text: string): Found<Clock> | null {
  const match = TIME.exec(text.toLowerCase());
  if (match === null) return null;
  let hour: number;
  let minute: number;
  if (match[5] !== undefined) {
    hour = (Number(match[5]) % 12) + (match[7] === "p" ? 12 : 0);
    minute = Number(match[6] ?? 0);
  } else {
    hour = count(match[2] ?? "");
    const words = match[4] ?? "";
    minute =
      match[3] !== undefined
        ? Number(match[3])
        : words === "半"
          ? 30
          : words === "一刻"
            ? 15
            : words === "三刻"
              ? 45
              : Number.parseInt(words, 10) || 0;
    if (/下午|傍晚|晚/.test(match[1] ?? "") && hour < 12) hour += 12;
    if (match[1] === "中午" && hour < 11) hour += 12;
  }
  if (!(hour < 24 && minute < 60)) return null;
  return { value: { hour, minute }, text: text.slice(match.index, match.index + match[0].length), index: match.index };
}

/** The day that a text is, and nothing else; null when there is more to it or none in it. */
export function readDay(text: string, now: Day): Day | null {
  const source = text.normalize("NFKC").trim();
  const found = findDay(source, now);
  return found !== null && found.text.trim().length === source.length ? found.value : null;
}

/** The moment that a text means. A day alone is that day at nine; a time alone is today's. */
export function readMoment(text: string, zone: string, now: Date = new Date()): Date | null {
  const source = text.normalize("NFKC").trim();
  if (/^\d{4}-\d{2}-\d{2}T/.test(source)) {
    const exact = new Date(source);
    return Number.isNaN(exact.getTime()) ? null : exact;
  }
  const relative =
    /^(\d{1,3}|半|[一二两三四五六七八九十]{1,3})个?(分钟|小时|钟头)(?:以?后|之后)$|^in (\d{1,3}) ?(minutes?|hours?)$/.exec(
      source.toLowerCase(),
    );
  if (relative !== null) {
    const n = relative[1] === "半" ? 0.5 : count(relative[1] ?? relative[3] ?? "");
    const unit = relative[2] ?? relative[4] ?? "";
    return new Date(now.getTime() + n * (unit === "分钟" || unit.startsWith("min") ? 60_000 : 3_600_000));
  }
  const found = findMoment(source, zone, now);
  return found !== null && found.text.replace(/\s/g, "").length === source.replace(/[\s的,，]/g, "").length
    ? found.value
    : null;
}

/** The first moment that a text speaks of, and whether it named a time of day. */
export function findMoment(
  text: string,
  zone: string,
  now: Date = new Date(),
): (Found<Date> & { timed: boolean }) | null {
  const here = today(zone, now);
  const day = findDay(text, here);
  const rest =
    day === null
      ? text
      : text.slice(0, day.index) + "\u0000".repeat(day.text.length) + text.slice(day.index + day.text.length);
  const clock = findClock(rest);
  if (day === null && clock === null) return null;
  const value = moment(day?.value ?? here, clock?.value ?? { hour: 9, minute: 0 }, zone);
  return {
    value,
    timed: clock !== null,
    index: Math.min(day?.index ?? Infinity, clock?.index ?? Infinity),
    text: [day, clock]
      .filter((f) => f !== null)
      .sort((a, b) => a.index - b.index)
      .map((f) => f.text.trim())
      .join(" ")
      .trim(),
  };
}
