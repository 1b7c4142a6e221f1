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
  const off = (at: number): number => {
    const w = wall(new Date(at), zone);
    return wanted - Date.UTC(w.year, w.month - 1, w.day, w.hour, w.minute);
  };
  let guess = wanted + off(wanted);
  guess += off(guess);
  // West of Greenwich a gap is come to from its other side.
  return new Date(guess + Math.max(0, off(guess)));
}

/** A day as the moment at which it begins, or ends, by the clock of that zone; undefined for what is no day. */
export function edgeOf(text: string | null | undefined, ends: boolean, zone: string): string | undefined {
  const day = parseIsoDay(text ?? "");
  if (!day) return undefined;
  const start = moment(ends ? addDays(day, 1) : day, { hour: 0, minute: 0 }, zone);
  return new Date(start.getTime() - (ends ? 1000 : 0)).toISOString();
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
const EN_NUMBERS = ["an?", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
const EN_NUM = `(\\d{1,3}|${EN_NUMBERS.join("|")})`;
const EN_DAY = "(mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday|s|rs|r)?";
/** A weekday that only says again what the date after it says. */
const EN_ALSO = "(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\\s+)?";
const EN_MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\\.?";

function count(text: string): number {
  if (/^\d/.test(text)) return Number(text);
  if (/^[a-z]/.test(text)) return Math.max(1, EN_NUMBERS.indexOf(text));
  return readChinese(text);
}
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
  [
    new RegExp(`\\b${EN_ALSO}(\\d{1,2})(?:st|nd|rd|th)?\\s+${EN_MONTH}(?:,?\\s+(\\d{4}))?(?!\\w)`),
    (m, now) => {
      const month = MONTHS.indexOf(m[2] ?? "") + 1;
      return m[3] === undefined ? yearless(now, month, Number(m[1])) : valid(Number(m[3]), month, Number(m[1]));
    },
  ],
  [
    new RegExp(`\\b${EN_ALSO}${EN_MONTH}\\s+(\\d{1,2})(?:st|nd|rd|th)?(?!:)(?:,?\\s+(\\d{4}))?(?!\\w)`),
    (m, now) => {
      const month = MONTHS.indexOf(m[1] ?? "") + 1;
      return m[3] === undefined ? yearless(now, month, Number(m[2])) : valid(Number(m[3]), month, Number(m[2]));
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
    new RegExp(`${NUM}\\s*(?:个)?(天|日|周|星期|礼拜|月|年)(以?后|之后|前|之前|[之以]?内)`),
    (m, now) => unitDays(now, (m[3] ?? "").includes("前") ? -count(m[1] ?? "") : count(m[1] ?? ""), m[2] ?? ""),
  ],
  [/半个月后/, (_, now) => addDays(now, 15)],
  [
    new RegExp(`\\b(?:with)?in\\s+${EN_NUM}\\s*(days?|weeks?|months?|years?)\\b`),
    (m, now) => unitDays(now, count(m[1] ?? ""), m[2] ?? ""),
  ],
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
  [/\bthis weekend\b|\bat the weekend\b/, (_, now) => addDays(now, Math.max(6 - weekday(now), 0))],
  [
    /\bthe (\d{1,2})(?:st|nd|rd|th)\b/,
    (m, now) => {
      const here = valid(now.year, now.month, Number(m[1]));
      const later = addMonths({ ...now, day: 1 }, 1);
      return here !== null && daysBetween(now, here) >= 0 ? here : valid(later.year, later.month, Number(m[1]));
    },
  ],
  [/下个?(?:周|星期|礼拜)(?![一二三四五六日天末])|\bnext week\b/, (_, now) => addDays(now, 8 - weekday(now))],
  [/下个?月|\bnext month\b/, (_, now) => addMonths({ ...now, day: 1 }, 1)],
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

/** Stands where the words of the day stood, so that 明早 still tells which part of it. */
const MASK = "\uE000";

/** A part of the day where no hour is named. */
const PARTS: [RegExp, number][] = [
  [/凌晨/, 1],
  [/一早|大清早|早上|早晨|清晨|上午|(?<=\uE000)早|\bmorning\b/, 9],
  [/中午|\bnoon\b|\bmidday\b/, 12],
  [/下午|午后|\bafternoon\b/, 15],
  [/下班前|\bend of (the )?day\b|\beod\b/, 18],
  [/傍晚|晚上|(?<=\uE000)晚|\bevening\b|\btonight\b/, 19],
];

const TIME =
  /(凌晨|早上|早晨|早|上午|中午|下午|傍晚|晚上|晚)?\s*(\d{1,2}|[一二两三四五六七八九十]{1,3})\s*(?:[:：](\d{2})|(?:点钟?|时)(半|一刻|三刻|\d{1,2}分?)?)|\b(?:at\s+)?(\d{1,2})(?::(\d{2}))?\s*([ap])\.?m\b\.?|\bat\s+(\d{1,2})(?![\d:.]|\s*[a-z%])/;

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
  const source = text.toLowerCase();
  const match = TIME.exec(source);
  if (match === null) {
    for (const [pattern, hour] of PARTS) {
      const part = pattern.exec(source);
      if (part)
        return {
          value: { hour, minute: 0 },
          text: text.slice(part.index, part.index + part[0].length),
          index: part.index,
        };
    }
    return null;
  }
  let hour: number;
  let minute: number;
  if (match[5] !== undefined) {
    hour = (Number(match[5]) % 12) + (match[7] === "p" ? 12 : 0);
    minute = Number(match[6] ?? 0);
  } else if (match[8] !== undefined) {
    // "at 3" at work is in the afternoon
    hour = Number(match[8]) + (Number(match[8]) < 7 ? 12 : 0);
    minute = 0;
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

const RELATIVE = new RegExp(
  `(\\d{1,3}|半|[一二两三四五六七八九十]{1,3})\\s*个?(半)?(分钟|小时|钟头)(?:以?后|之后)|\\bin\\s+(?:(half)\\s+an|${EN_NUM})\\s*(min(?:ute)?s?|hours?|hrs?)\\b`,
);

/** 半小时后, in 2 hours: so long from now. */
function findRelative(text: string, now: Date): Found<Date> | null {
  const match = RELATIVE.exec(text.toLowerCase());
  if (match === null) return null;
  const n = match[1] === "半" || match[4] ? 0.5 : count(match[1] ?? match[5] ?? "") + (match[2] ? 0.5 : 0);
  const unit = match[3] ?? match[6] ?? "";
  return {
    value: new Date(now.getTime() + n * (unit === "分钟" || unit.startsWith("min") ? 60_000 : 3_600_000)),
    text: text.slice(match.index, match.index + match[0].length),
    index: match.index,
  };
}

interface Spoken {
  value: Date;
  /** Whether it named a time of day. */
  timed: boolean;
  /** The pieces of the text that meant it, in order. */
  pieces: { text: string; index: number }[];
}

function spoken(text: string, zone: string, now: Date): Spoken | null {
  const relative = findRelative(text, now);
  if (relative) return { value: relative.value, timed: true, pieces: [relative] };
  const here = today(zone, now);
  const day = findDay(text, here);
  const rest =
    day === null
      ? text
      : text.slice(0, day.index) + MASK.repeat(day.text.length) + text.slice(day.index + day.text.length);
  // 今晚 and tonight name a day and a part of it at once.
  const clock = findClock(rest) ?? (day && /night/i.test(day.text) ? { ...day, value: { hour: 19, minute: 0 } } : null);
  if (day === null && (clock === null || PARTS.some(([part]) => part.test(clock.text.toLowerCase())))) return null;
  let value = moment(day?.value ?? here, clock?.value ?? { hour: 9, minute: 0 }, zone);
  // 10:00 said at eleven is tomorrow's
  if (day === null && clock && value < now && now.getTime() - value.getTime() > 60_000)
    value = moment(addDays(here, 1), clock.value, zone);
  return {
    value,
    timed: clock !== null,
    pieces: [day, clock].filter((f) => f !== null && f !== undefined).sort((a, b) => a.index - b.index),
  };
}

/** The moment that a text means. A day alone is that day at nine; a time alone is the next one. */
export function readMoment(text: string, zone: string, now: Date = new Date()): Date | null {
  const source = text.normalize("NFKC").trim();
  if (/^\d{4}-\d{2}-\d{2}T/.test(source)) {
    const exact = new Date(source);
    return Number.isNaN(exact.getTime()) ? null : exact;
  }
  const found = spoken(source, zone, now);
  if (found === null) return null;
  let left = source;
  for (const piece of found.pieces) left = left.replace(piece.text, "");
  return /^[\s的,，]*$/.test(left.replace(/\b(at|on|by)\b/gi, "")) ? found.value : null;
}

const REMIND = /(?:到时候?)?(?:记得)?提醒(?:一下)?我?(?:一下)?|\bremind(?:er)?(?:\s+me)?\b/i;
/** What stands between a moment and what is to be done, and means nothing without the moment. */
const JOINT = /^(?:[^\S\n]|[,，。.;；:：、]|(?:之?前|以前|的时候|再|要|\b(?:at|on|by|before|to)\b))+/i;
const JOINT_END = /(?:[\s,，;；:：、]|(?:在|于|\b(?:at|on|by|before)\b))+$/i;

export interface Plan extends Found<Date> {
  timed: boolean;
  /** The text asks to be reminded. */
  reminds: boolean;
  /** What is left to say without the moment, where that still reads; else the whole text. */
  rest: string;
}

/** When something is to be done, and what: 周三 10:00 提醒我回电话 is 回电话, on Wednesday at ten. */
export function findPlan(text: string, zone: string, now: Date = new Date()): Plan | null {
  const found = spoken(text, zone, now);
  const first = found?.pieces[0];
  if (!found || !first) return null;
  const remind = REMIND.exec(text);
  const spans = [...found.pieces, ...(remind ? [{ text: remind[0], index: remind.index }] : [])].sort(
    (a, b) => a.index - b.index,
  );
  let [from, to] = [spans[0]?.index ?? 0, spans[0]?.index ?? 0];
  let whole = true;
  for (const span of spans) {
    const between = text.slice(to, span.index);
    if (span.index > to && between.replace(JOINT, "") !== "") whole = false;
    to = Math.max(to, span.index + span.text.length);
  }
  const before = text.slice(0, from).replace(JOINT_END, "");
  const after = text.slice(to).replace(JOINT, "");
  const rest =
    whole && (before === "" || after === "" || after.startsWith("\n"))
      ? `${before}${before && after ? "\n" : ""}${after.trimStart()}`
      : text;
  from = first.index;
  return {
    value: found.value,
    timed: found.timed,
    index: from,
    text: [...new Set(found.pieces.map((piece) => piece.text.trim()))].join(" "),
    reminds: remind !== null,
    rest: rest.trim() || text,
  };
}
