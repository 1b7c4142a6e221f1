/** Questions about related records: what a filter says of them, taken apart for an editor and put together again. */
import type { Filter } from "./filter";

export const FIGURES = ["count", "sum", "min", "max", "average", "latest"] as const;
export type Figure = (typeof FIGURES)[number];

export interface After {
  field: string;
  related: string;
  latest: string;
  where?: Filter;
}

export type RelatedFilter = { related: string; where?: Filter; after?: After } & Partial<
  Record<Figure, Record<string, unknown>>
>;

/** What is asked: whether there is one or none, or a figure with a comparison. */
export interface Question {
  related: string;
  ask: "any" | "none" | Figure;
  field?: string;
  by?: string;
  op: string;
  value: unknown;
  where: Filter | null;
  after?: After;
}

export function toQuestion(filter: Filter): Question | null {
  const empty = { op: "gte", value: 1, where: null };
  if ("any" in filter) return { ...empty, related: filter.any, ask: "any", where: filter.where ?? null };
  if ("none" in filter) return { ...empty, related: filter.none, ask: "none", where: filter.where ?? null };
  if (!("related" in filter)) return null;
  const { related, where = null, after } = filter;
  const figure = FIGURES.find((one) => filter[one] !== undefined);
  const { field, by, ...rest } = (figure && filter[figure]) ?? {};
  const [[op, value] = ["gte", 1]] = Object.entries(rest);
  const there = (figure ?? "count") === "count" && !field;
  const ask =
    there && op === "gte" && value === 1 ? "any" : there && op === "eq" && value === 0 ? "none" : (figure ?? "any");
  return {
    related,
    ask,
    op,
    value,
    where,
    after,
    field: typeof field === "string" ? field : undefined,
    by: typeof by === "string" ? by : undefined,
  };
}

export function fromQuestion({ related, ask, field, by, op, value, where, after }: Question): Filter {
  const only = where ? { where } : {};
  const named = { related, ...only, ...(after && { after }) };
  if (ask === "any") return after ? { ...named, count: { gte: 1 } } : { any: related, ...only };
  if (ask === "none") return after ? { ...named, count: { eq: 0 } } : { none: related, ...only };
  return { ...named, [ask]: { ...(field && { field }), ...(by && { by }), [op]: value } } as RelatedFilter;
}
