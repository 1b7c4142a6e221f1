/** A chart's marks split by a second field: a part for each of its values, and what is left of the mark beside them. */
import type { AggregateRow } from "../api/queries";
import { keyOf } from "./groups";

/** Parts that colours can tell apart, with the rest. */
export const PARTS = 6;

export interface Part {
  key: string;
  /** The value itself, as grouping answered it; undefined for the rest. */
  value: unknown;
  /** By mark, in order. */
  values: number[];
  total: number;
}

/**
 * `pairs` are groups by both fields; `marks` what each mark has in all. Values that have an order of their own keep it, others
 * come by size; what does not fit among the parts, and what the pairs do not tell, is the rest, which comes last.
 */
export function partsOf(
  pairs: AggregateRow[],
  by: string,
  split: string,
  marks: { key: string; value: number }[],
  figure: (row: AggregateRow) => number,
  order?: ReadonlyMap<string, number>,
): Part[] {
  const at = new Map(marks.map(({ key }, index) => [key, index]));
  const found = new Map<string, Part>();
  for (const row of pairs) {
    const place = at.get(keyOf(row.group[by]));
    if (place === undefined) continue;
    const value = row.group[split];
    const key = keyOf(value);
    const part = found.get(key) ?? { key, value, values: marks.map(() => 0), total: 0 };
    const n = figure(row);
    part.values[place] = (part.values[place] ?? 0) + n;
    part.total += n;
    found.set(key, part);
  }
  const largest = [...found.values()].filter(({ total }) => total !== 0).sort((a, b) => b.total - a.total);
  const parts = largest.slice(0, largest.length === PARTS + 1 ? PARTS + 1 : PARTS);
  if (order) parts.sort((a, b) => (order.get(a.key) ?? 999) - (order.get(b.key) ?? 999));
  const rest = marks.map((mark, index) => mark.value - parts.reduce((sum, part) => sum + (part.values[index] ?? 0), 0));
  const left = rest.reduce((sum, n) => sum + n, 0);
  return left > 0.005 ? [...parts, { key: "\u0000rest", value: undefined, values: rest, total: left }] : parts;
}
