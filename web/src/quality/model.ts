/** The quality of records as the server tells it, and what of it stands in the address. */
import type { Condition, Filter } from "../schema/filter";

export interface Figures {
  records: number;
  score: number | null;
  complete: number | null;
  valid: number | null;
  fresh: number | null;
  unique: number | null;
}

export const SHARES = ["complete", "valid", "fresh", "unique"] as const;
export type Share = (typeof SHARES)[number];

export interface Counts {
  fields: { field: string; weight: number; missing: Filter; invalid: Filter | null }[];
  since: string | null;
  days: number;
  source: string | null;
  parts: { fields: number; fresh: number; unique: number };
  incomplete: Filter | null;
  invalid: Filter | null;
  stale: Filter | null;
  duplicate: Filter;
}

export interface Told {
  scheme: Counts;
  /** The part of the records that was looked at. */
  sampled: number;
  total: Figures;
  fields: { field: string; weight: number; of: number; missing: number; invalid: number | null }[];
  groups: Record<string, ({ key: unknown } & Figures)[]>;
}

export interface Explained {
  score: number;
  parts: { part: "fields" | "fresh" | "unique"; points: number; of: number }[];
  fields: { field: string; weight: number; state: "ok" | "missing" | "invalid"; lost: number }[];
  since: string | null;
  days: number;
  stale: boolean;
  duplicate: boolean;
}

/** Only the records of one owner, or of one source. */
export interface BoardSearch {
  by?: string;
  of?: string;
}

export const readBoardSearch = (search: Record<string, unknown>): BoardSearch => ({
  ...(typeof search.by === "string" && { by: search.by }),
  ...(typeof search.of === "string" && { of: search.of }),
});

/** A group's key as an address has it; empty for the group of those without any. */
export const keyOf = (key: unknown): string =>
  typeof key === "object" && key ? String((key as { id?: unknown }).id ?? "") : key === null ? "" : String(key);

/** The records that the address speaks of. */
export function within({ by, of }: BoardSearch): Condition | null {
  if (!by || of === undefined) return null;
  return of === "" ? { field: by, op: "is_empty", value: true } : { field: by, op: "eq", value: of };
}
