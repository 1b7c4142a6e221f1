/** Filters: the same JSON expressions as the server's, and the few operations on them that the page needs. */

import type { RelatedFilter } from "./related";

export interface Condition {
  field: string;
  op: string;
  value?: unknown;
}
export type Filter =
  | { formula: string }
  | { and: Filter[] }
  | { or: Filter[] }
  | { not: Filter }
  | { any: string; where?: Filter }
  | { none: string; where?: Filter }
  | RelatedFilter
  | { in_segment: string }
  /** What was created or changed at once. */
  | { in_change_set: string }
  /** May be one with another record. */
  | { duplicate: true }
  /** What was before; only rules know. */
  | { was: Filter }
  | { changed: string; way?: "up" | "down" }
  | Condition;

export const isCondition = (filter: Filter): filter is Condition => "field" in filter;

/** Certain records, whatever is in them. */
export const these = (ids: string[]): Condition => ({ field: "id", op: "in", value: ids });

/** How many records a condition names; 0 for any other. */
export const namedBy = (filter: Filter): number =>
  isCondition(filter) && filter.field === "id" && filter.op === "in" && Array.isArray(filter.value)
    ? filter.value.length
    : 0;

/** One level of conditions joined by one word: what the filter sentence shows and edits. */
export interface Sentence {
  join: "and" | "or";
  parts: Filter[];
}

export function toSentence(filter: Filter | null | undefined): Sentence {
  if (!filter) return { join: "and", parts: [] };
  if ("and" in filter) return { join: "and", parts: filter.and };
  if ("or" in filter) return { join: "or", parts: filter.or };
  return { join: "and", parts: [filter] };
}

export function fromSentence({ join, parts }: Sentence): Filter | null {
  if (parts.length === 0) return null;
  if (parts.length === 1) return parts[0] ?? null;
  return join === "and" ? { and: parts } : { or: parts };
}

/** Both filters at once; nulls are left out. */
export function both(...filters: (Filter | null | undefined)[]): Filter | null {
  const parts = filters.filter((filter): filter is Filter => filter != null);
  return fromSentence({ join: "and", parts });
}

export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** One key of a sort: `-amount` is amount, falling. */
export interface SortKey {
  field: string;
  down: boolean;
}

export function parseSort(sort: string | null | undefined): SortKey[] {
  return (sort ?? "")
    .split(",")
    .map((key) => key.trim())
    .filter(Boolean)
    .map((key) => ({ field: key.replace(/^[-+]/, ""), down: key.startsWith("-") }));
}

export const printSort = (keys: SortKey[]): string => keys.map((key) => (key.down ? "-" : "") + key.field).join(",");

/** A click on a column head: `first` (up, or down), then the other way, then as before. `add` keeps the other keys (Shift). */
export function toggleSort(sort: string | null | undefined, field: string, first = false, add = false): string {
  const keys = parseSort(sort);
  const found = keys.find((key) => key.field === field);
  const rest = add ? keys.filter((key) => key.field !== field) : [];
  if (!found || (!add && keys.length > 1)) return printSort([...rest, { field, down: first }]);
  if (found.down === first) return printSort([...rest, { field, down: !first }]);
  return printSort(rest);
}

/** The record's own fields that a filter looks at; of a path the link that it begins with. */
export function fieldsOf(filter: Filter | null | undefined): string[] {
  if (!filter) return [];
  if ("and" in filter) return filter.and.flatMap(fieldsOf);
  if ("or" in filter) return filter.or.flatMap(fieldsOf);
  if ("not" in filter) return fieldsOf(filter.not);
  if ("was" in filter) return [];
  if ("changed" in filter) return [filter.changed];
  return "field" in filter ? [filter.field.split(".")[0] ?? ""] : [];
}
