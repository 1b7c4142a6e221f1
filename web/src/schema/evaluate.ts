/**
 * Whether a filter holds of values that are not stored yet: what the page shows and hides while somebody types. The server
 * decides what is written; the same vectors hold both to the same answers.
 */
import { addDays, addMonths, type Day, moment, parseIsoDay, weekday } from "../fields/dates";
import type { Field } from "./catalog";
import type { Filter } from "./filter";

type Values = Readonly<Record<string, unknown>>;

export interface Reader {
  /** Fields by name; a filter over others cannot be told here. */
  fields: ReadonlyMap<string, Field>;
  /** Of the user, for `$me`. */
  me: string;
  /** The day that it is for the user, and the user's time zone. */
  today: Day;
  timezone: string;
  /** The record as it is stored, for what asks about that; null for a new one. */
  before?: Values | null;
}

/** True, false, or null where only the server can tell: links' fields, children, formulas, phone numbers, formatted text. */
export type Truth = boolean | null;

const all = (parts: Truth[]): Truth => (parts.includes(false) ? false : parts.includes(null) ? null : true);
const any = (parts: Truth[]): Truth => (parts.includes(true) ? true : parts.includes(null) ? null : false);
const not = (truth: Truth): Truth => (truth === null ? null : !truth);

export function evaluate(filter: Filter | null | undefined, values: Values, reader: Reader): Truth {
  if (!filter) return true;
  if ("and" in filter) return all(filter.and.map((one) => evaluate(one, values, reader)));
  if ("or" in filter) return any(filter.or.map((one) => evaluate(one, values, reader)));
  if ("not" in filter) return not(evaluate(filter.not, values, reader));
  if ("was" in filter) {
    if (reader.before === undefined) return null;
    return reader.before !== null && evaluate(filter.was, reader.before, reader);
  }
  if ("changed" in filter) {
    const field = reader.fields.get(filter.changed);
    if (!field || filter.way || reader.before === undefined) return null;
    const [now, old] = [plain(values[field.name]), plain(reader.before?.[field.name])];
    return isNone(now) || isNone(old) ? isNone(now) !== isNone(old) : not(compare(field, "eq", now, old, reader));
  }
  if (!("field" in filter) || !("op" in filter)) return null;
  const field = reader.fields.get(filter.field);
  if (!field) return null;
  const value = plain(values[field.name]);
  if (filter.op === "is_empty") return isNone(value) === (filter.value !== false);
  if (isNone(value) || filter.value === null || filter.value === undefined) return false;
  return compare(field, filter.op, value, plain(filter.value), reader);
}

const isNone = (value: unknown): boolean =>
  value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);

/** Links by their ids. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  return value !== null && typeof value === "object" && "id" in value ? value.id : value;
}

const TEXTS = new Set(["text", "longtext", "autonumber", "person", "email", "select", "stage", "pipeline", "currency"]);
const IDS = new Set(["link", "user", "reference", "id"]);
const NUMBERS = new Set(["integer", "decimal", "money", "percent", "rating", "duration"]);
const LISTS = new Set(["multiselect", "tags", "links"]);

function compare(field: Field, op: string, value: unknown, wanted: unknown, reader: Reader): Truth {
  const { type } = field;
  if (type === "boolean")
    return typeof wanted !== "boolean" ? null : op === "eq" ? value === wanted : op === "ne" ? value !== wanted : null;
  if (LISTS.has(type)) return several(op, value, wanted);
  if (IDS.has(type)) return ids(op, value, wanted, reader);
  if (NUMBERS.has(type)) return ordered(op, value, wanted, number, (a, b) => a - b);
  if (type === "date") return dates(op, value, wanted, reader);
  if (type === "datetime") return moments(op, value, wanted, reader);
  if (!TEXTS.has(type)) return null;
  const [x, y] = type === "email" ? [small(value), small(wanted)] : [value, wanted];
  if (op === "contains" || op === "starts_with") {
    if (typeof x !== "string" || typeof wanted !== "string") return null;
    const [held, part] = [fold(x), fold(wanted)];
    return op === "contains" ? held.includes(part) : held.startsWith(part);
  }
  return ordered(op, x, ["eq", "ne", "in", "not_in"].includes(op) ? y : wanted, text, byCodePoint);
}

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
const small = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(small) : typeof value === "string" ? value.trim().toLowerCase() : value;

/** As `contains` compares: full width becomes half width, and case does not count, letter by letter. */
const fold = (value: string): string => [...value.normalize("NFKC")].map((letter) => letter.toLowerCase()).join("");

/** A number that is exact here; null for one with more digits than that, or for what is none. */
function number(value: unknown): number | null {
  const found = typeof value === "string" && /^[+-]?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  return typeof found === "number" && Number.isFinite(found) && Math.abs(found) < 1e9 ? found : null;
}

function byCodePoint(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  for (let at = 0; at < x.length && at < y.length; at++) {
    const step = (x[at]?.codePointAt(0) ?? 0) - (y[at]?.codePointAt(0) ?? 0);
    if (step) return step;
  }
  return x.length - y.length;
}

/** Comparisons of values in an order; what cannot be read is for the server. */
function ordered<T>(
  op: string,
  value: unknown,
  wanted: unknown,
  read: (value: unknown) => T | null,
  order: (a: T, b: T) => number,
): Truth {
  const held = read(value);
  if (held === null) return null;
  const to = (one: unknown): number | null => {
    const other = read(one);
    return other === null ? null : order(held, other);
  };
  const is = (one: unknown, test: (step: number) => boolean): Truth => {
    const step = to(one);
    return step === null ? null : test(step);
  };
  switch (op) {
    case "eq":
      return is(wanted, (step) => step === 0);
    case "ne":
      return is(wanted, (step) => step !== 0);
    case "gt":
      return is(wanted, (step) => step > 0);
    case "gte":
      return is(wanted, (step) => step >= 0);
    case "lt":
      return is(wanted, (step) => step < 0);
    case "lte":
      return is(wanted, (step) => step <= 0);
    case "in":
    case "not_in": {
      if (!Array.isArray(wanted)) return null;
      const found = any(wanted.filter((one) => one !== null).map((one) => is(one, (step) => step === 0)));
      return op === "in" ? found : not(found);
    }
    case "between":
      if (!Array.isArray(wanted) || wanted.length !== 2) return null;
      return all([is(wanted[0], (step) => step >= 0), is(wanted[1], (step) => step <= 0)]);
    default:
      return null;
  }
}

function several(op: string, value: unknown, wanted: unknown): Truth {
  if (!Array.isArray(value)) return null;
  const held = new Set(value);
  const list = (Array.isArray(wanted) ? wanted : [wanted]).filter((one) => one !== null);
  switch (op) {
    case "contains":
      return Array.isArray(wanted) ? null : held.has(wanted);
    case "in":
      return list.some((one) => held.has(one));
    case "not_in":
      return !list.some((one) => held.has(one));
    case "eq":
    case "ne": {
      const same = new Set(list).size === held.size && list.every((one) => held.has(one));
      return op === "eq" ? same : !same;
    }
    default:
      return null;
  }
}

function ids(op: string, value: unknown, wanted: unknown, reader: Reader): Truth {
  const id = (one: unknown): string | null => {
    const found = one === "$me" ? reader.me : one;
    return typeof found === "string" && !found.startsWith("$") ? found.toLowerCase() : null;
  };
  if (!["eq", "ne", "in", "not_in"].includes(op)) return null;
  return ordered(op, value, wanted, id, byCodePoint);
}

// -- days and moments --------------------------------------------------------------------------------------------------

/** From a day to just before another; a single day as it is. */
interface Period {
  start: Day;
  end: Day;
}

const MONTHS: Record<string, number> = { month: 1, quarter: 3, year: 12 };

function shift(day: Day, unit: string, n: number): Day {
  const months = MONTHS[unit];
  return months ? addMonths(day, n * months) : addDays(day, n * (unit === "week" ? 7 : 1));
}

function startOf(day: Day, unit: string): Day {
  if (unit === "week") return addDays(day, 1 - weekday(day));
  const months = MONTHS[unit];
  if (!months) return day;
  return {
    year: day.year,
    month: day.month - ((day.month - 1) % months),
    day: 1,
    ...(unit === "year" && { month: 1 }),
  };
}

/** The days that a macro names; null for what is none. */
function period(value: unknown, today: Day): Period | null {
  if (value === "today" || value === "now") return { start: today, end: addDays(today, 1) };
  if (value === "yesterday") return { start: addDays(today, -1), end: today };
  if (value === "tomorrow") return { start: addDays(today, 1), end: addDays(today, 2) };
  if (typeof value === "string") {
    const [, which, unit] = /^(this|last|next)_(week|month|quarter|year)$/.exec(value) ?? [];
    if (!which || !unit) return null;
    const start = shift(startOf(today, unit), unit, { this: 0, last: -1, next: 1 }[which] ?? 0);
    return { start, end: shift(start, unit, 1) };
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) return null;
  const [[name, n] = ["", 0], ...rest] = Object.entries(value);
  const [, which, unit] = /^(last|next|ago|in)_(day|week|month|quarter|year)s$/.exec(name) ?? [];
  if (!which || !unit || rest.length || typeof n !== "number") return null;
  if (which === "last") return { start: shift(today, unit, -n), end: addDays(today, 1) };
  if (which === "next") return { start: today, end: addDays(shift(today, unit, n), 1) };
  const day = shift(today, unit, which === "in" ? n : -n);
  return { start: day, end: addDays(day, 1) };
}

/** A value against a start and an end, as PostgreSQL compares columns with periods. */
function within(op: string, held: number, start: number, end: number): Truth {
  switch (op) {
    case "eq":
    case "within":
      return held >= start && held < end;
    case "ne":
      return !(held >= start && held < end);
    case "gt":
      return held >= end;
    case "gte":
      return held >= start;
    case "lt":
      return held < start;
    case "lte":
      return held < end;
    default:
      return null;
  }
}

type Span = readonly [start: number, end: number];

/** `span` is what a value of a condition covers, `point` a stored value; a plain one ends where the next begins. */
function timed(
  op: string,
  value: unknown,
  wanted: unknown,
  point: (v: unknown) => number | null,
  span: (v: unknown) => Span | null,
): Truth {
  const held = point(value);
  if (held === null) return null;
  const one = (inner: string, part: unknown): Truth => {
    const found = span(part);
    return found && within(inner, held, found[0], found[1]);
  };
  if (op === "in" || op === "not_in") {
    if (!Array.isArray(wanted)) return null;
    const found = any(wanted.filter((part) => part !== null).map((part) => one("eq", part)));
    return op === "in" ? found : not(found);
  }
  if (op === "between" || (op === "within" && Array.isArray(wanted))) {
    if (!Array.isArray(wanted) || wanted.length !== 2) return null;
    return all([one("gte", wanted[0]), one("lte", wanted[1])]);
  }
  return one(op, wanted);
}

const dayNumber = (day: Day): number => Date.UTC(day.year, day.month - 1, day.day) / 86_400_000;

function dates(op: string, value: unknown, wanted: unknown, reader: Reader): Truth {
  const point = (one: unknown) => {
    const day = typeof one === "string" ? parseIsoDay(one) : null;
    return day && dayNumber(day);
  };
  return timed(op, value, wanted, point, (one) => {
    const named = period(one, reader.today);
    if (named) return [dayNumber(named.start), dayNumber(named.end)];
    const day = point(one);
    return day === null ? null : [day, day + 1];
  });
}

function moments(op: string, value: unknown, wanted: unknown, reader: Reader): Truth {
  const midnight = (day: Day) => moment(day, { hour: 0, minute: 0 }, reader.timezone).getTime();
  const point = (one: unknown) => {
    // Finer than a millisecond, or without a zone of its own: the server reads it.
    if (typeof one !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(one))
      return null;
    return Date.parse(one);
  };
  return timed(op, value, wanted, point, (one) => {
    if (one === "now") return null;
    const day = typeof one === "string" && one.length === 10 ? parseIsoDay(one) : null;
    const named = day ? { start: day, end: addDays(day, 1) } : period(one, reader.today);
    if (named) return [midnight(named.start), midnight(named.end)];
    const at = op === "within" ? null : point(one);
    return at === null ? null : [at, at + 1];
  });
}
