/** Groups of records by a field's value: their names in words, and the conditions that find them again. */
import { conditionWords, type FormatContext, isEmpty, twin } from "../fields";
import { addDays, addMonths, isoDay, parseIsoDay } from "../fields/dates";
import type { Catalog, Field, Grain } from "../schema/catalog";
import type { Filter } from "../schema/filter";

/** A group's value in one form: a link's id, a text. */
export const keyOf = (value: unknown): string =>
  value && typeof value === "object" && "id" in value ? String(value.id) : isEmpty(value) ? "" : String(value);

/** The last day of the week, month, … that begins on a day. */
export function endOf(start: string, grain: Grain): string {
  const day = parseIsoDay(start);
  if (!day || grain === "day") return start;
  if (grain === "week") return isoDay(addDays(day, 6));
  return isoDay(addDays(addMonths(day, grain === "month" ? 1 : grain === "quarter" ? 3 : 12), -1));
}

/** Finds the records of a group: those with the value, or without any. */
export function groupFilter(catalog: Catalog, path: string, field: Field, value: unknown, grain?: Grain): Filter {
  if (isEmpty(value)) return { field: path, op: "is_empty", value: true };
  if (grain) return { field: path, op: "within", value: [value, endOf(String(value), grain)] };
  const many = catalog.types.find((type) => type.name === field.type)?.many;
  const plain = typeof value === "object" ? keyOf(value) : value;
  return { field: path, op: many ? "contains" : "eq", value: plain };
}

/** What a group is called. */
export function groupWords(ctx: FormatContext, field: Field, value: unknown, grain?: Grain): string {
  if (isEmpty(value)) return ctx.t("list.group.empty");
  if (!grain) return conditionWords(twin(field).format, "eq", value, field, ctx);
  const text = String(value);
  const day = parseIsoDay(text);
  if (!day) return text;
  if (grain === "day") return ctx.f.day(text);
  if (grain === "week") return ctx.t("list.week", { day: ctx.f.day(text) });
  if (grain === "year") return ctx.t("list.year", { y: String(day.year) });
  if (grain === "quarter") return ctx.t("list.quarter", { y: String(day.year), q: String(Math.ceil(day.month / 3)) });
  return ctx.f.month(text);
}
