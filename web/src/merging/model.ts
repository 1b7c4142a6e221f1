/** What the server tells of merging and of taking apart. */
import type { RecordData, Ref } from "../schema/catalog";

export type Choice = { from: string } | { join: true } | { value: unknown };

export interface FieldOutcome {
  name: string;
  differs: boolean;
  how: "kept" | "filled" | "joined" | "chosen" | "given" | "made";
  from: string | null;
  value?: unknown;
  writable: boolean;
}

export interface Belonging {
  name: string;
  label: string;
  counts: Record<string, number>;
}

export interface Preview {
  survivor: string;
  lost: string[];
  records: RecordData[];
  fields: FieldOutcome[];
  related: Belonging[];
  attached: Belonging[];
  conflicts: { field: string | null; code: string; message: string; id: string | null }[];
}

export interface Merge {
  id: string;
  at: string;
  actor: Ref | null;
  lost: { id: string; title: string | null }[];
}

export const SIDES = ["before", "after", "now"] as const;
export type Side = (typeof SIDES)[number];

export interface Parting {
  merge: string;
  at: string;
  version: number;
  lost: { id: string; title: string | null }[];
  fields: ({ name: string; choice: Side; writable: boolean } & Record<Side, unknown>)[];
  moved: { name: string; label: string; count: number }[];
  since: {
    name: string;
    object: string;
    field: string;
    label: string;
    count: number;
    records: { id: string; title: string | null; created_at: string }[];
  }[];
}

/** Two to five at a time are looked at side by side. */
export const FEWEST = 2;
export const MOST = 5;
