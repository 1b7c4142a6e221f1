/** Whether an action or a field is offered beside these values: decided here for what is shown and hidden only. */
import { asNumber, type Values } from "../fields/twin";
import type { Catalog } from "../schema/catalog";
import type { Filter } from "../schema/filter";

function plain(value: unknown): unknown {
  return value !== null && typeof value === "object" && "id" in value ? value.id : value;
}

function compare(a: unknown, b: unknown): number {
  const [x, y] = [asNumber(a), asNumber(b)];
  if (x !== null && y !== null) return x - y;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

/** True, false, or null where the page cannot tell (children, paths, macros): the server then decides when it is asked. */
function holds(filter: Filter, record: Values, me: string): boolean | null {
  if ("and" in filter) {
    const parts = filter.and.map((one) => holds(one, record, me));
    return parts.includes(false) ? false : parts.includes(null) ? null : true;
  }
  if ("or" in filter) {
    const parts = filter.or.map((one) => holds(one, record, me));
    return parts.includes(true) ? true : parts.includes(null) ? null : false;
  }
  if ("not" in filter) {
    const inner = holds(filter.not, record, me);
    return inner === null ? null : !inner;
  }
  if (!("field" in filter) || !(filter.field in record)) return null;
  const value = plain(record[filter.field]);
  const empty = value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
  const wanted = filter.value === "$me" ? me : plain(filter.value);
  switch (filter.op) {
    case "is_empty":
      return empty === (filter.value !== false);
    case "eq":
      return !empty && value === wanted;
    case "ne":
      return !empty && value !== wanted;
    case "in":
      return !empty && Array.isArray(wanted) && wanted.includes(value);
    case "not_in":
      return !empty && Array.isArray(wanted) && !wanted.includes(value);
    case "gt":
      return !empty && compare(value, wanted) > 0;
    case "gte":
      return !empty && compare(value, wanted) >= 0;
    case "lt":
      return !empty && compare(value, wanted) < 0;
    case "lte":
      return !empty && compare(value, wanted) <= 0;
    case "contains":
      return Array.isArray(value) ? value.includes(wanted) : null;
    default:
      return null;
  }
}

export const allows = (when: Filter | null | undefined, record: Values, catalog: Catalog): boolean =>
  when ? holds(when, record, catalog.me.id) !== false : true;
