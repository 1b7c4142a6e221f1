/** Imports as the server tells of them, and what the wizard works out from that. Pure. */
import type { Filter } from "../schema/filter";

export interface Target {
  /** A field, or `field.part`. */
  field: string;
  label: Record<string, string>;
  type: string;
  required: boolean;
  unique: boolean;
  target: string | null;
  options: boolean;
  /** The link, or the records that belong here, whose field it is. */
  via: string | null;
}

export interface Column {
  index: number;
  name: string;
  samples: string[];
  type: string;
  /** Share of empty cells, 0 to 1. */
  empty: number;
  suggestion: { field: string; confidence: number } | null;
}

export interface How {
  field: string;
  match?: string;
  missing?: "empty" | "create" | "fail";
  unknown?: "add" | "empty" | "fail";
  /** What some texts of the file mean. */
  values?: Record<string, string>;
  /** What stands before this column's text, where an earlier column goes into the same field. */
  join?: string;
  /** This column counts where those before it that go into the same field are empty. */
  instead?: boolean;
  /** The text that every row gets; then there is no column. */
  value?: string;
  /** The column that is read once more; then the entry is of no column's own. */
  column?: string;
  /** What stands before what a cell says. */
  prefix?: string;
  /** What stands after what a cell says: the unit of its number. */
  suffix?: string;
  /** What stands between several in a cell, of which the first is taken. */
  first?: string;
  /** The linked record is known by this. */
  known?: boolean;
  needed?: boolean;
  /** What rows get that leave the field empty where it must not be; then there may be no column. */
  otherwise?: string;
}

/** By heading: where the column goes; null for nowhere. */
export type Mapping = Record<string, string | How | null>;

export interface Upload {
  id: string;
  name: string;
  size: number;
  format: string;
  encoding: string;
  delimiter: string;
  quote: string;
  sheet: string;
  sheets: string[];
  /** The line of the headings, 0 for none. */
  header_row: number;
  rows: number;
  date_order: string;
  warnings: string[];
  columns: Column[];
  preview: string[][];
  mapping: Mapping;
  /** What the headings suggest, where the mapping is that of an earlier import and says otherwise. */
  afresh: Mapping | null;
  /** The field by which records are probably known again. */
  key: string | null;
  targets: Target[];
  /** The kind of file that its headings tell: what it holds, and which numbers are of one shop alone. */
  profile: {
    name: string;
    label: Record<string, string>;
    object: string;
    mode: Mode;
    existing: Choices["existing"];
    shop: string;
    scoped: string[];
  } | null;
}

export interface Problem {
  field: string | null;
  code: string;
  kind: "error" | "note";
  message: string;
  count: number;
  /** The different values that caused it, each with the line of the first and how many rows have it. */
  samples: { line: number; value: string; count: number; near?: string }[];
}

export interface Run {
  id: string;
  at: string;
  owner: string;
  name: string;
  object: string;
  mode: Mode;
  key: string | null;
  status: "queued" | "running" | "done" | "failed" | "cancelled";
  dry_run: boolean;
  rows: number;
  read: number;
  created: number;
  updated: number;
  skipped: number;
  failed: number;
  seconds: number;
  /** Rows a second. */
  rate: number;
  started_at: string | null;
  ended_at: string | null;
  change_set: string | null;
  /** What became of the records of each object, where a file holds several. */
  objects: { object: string; created: number; updated: number; found: number }[];
  problems: Problem[];
  errors: boolean;
  resumable: boolean;
  error: string | null;
}

export const MODES = ["create", "update", "upsert"] as const;
export type Mode = (typeof MODES)[number];

export const DATE_ORDERS = ["ymd", "dmy", "mdy"] as const;

/** Everything that the person decides about an upload. */
export interface Choices {
  mapping: Mapping;
  mode: Mode;
  key: string | null;
  date_order: string;
  /** Of records that are there: whether the file's values go over what is in them. */
  existing: "overwrite" | "fill";
  /** By field: what every row gets; null while that is still to be said. */
  fixed: Record<string, unknown>;
}

export const running = (run: Run | undefined): boolean => run?.status === "queued" || run?.status === "running";

export const howOf = (mapping: Mapping, column: string): How | null => {
  const given = mapping[column];
  return !given ? null : typeof given === "string" ? { field: given } : given;
};

/** What happens to links that are not found; of who made a record elsewhere, many have left. */
export const missingOf = (how: How): NonNullable<How["missing"]> =>
  how.missing ?? (how.field === "created_by" ? "empty" : "fail");

const LINKS = new Set(["link", "links", "user", "reference"]);
export const isLink = (target: Target | undefined): boolean => target !== undefined && LINKS.has(target.type);

/** The target of a path; `payments.2.amount` is the amount of a second payment. */
export const targetAt = (targets: Map<string, Target>, path: string): Target | undefined =>
  targets.get(path) ?? targets.get(path.replace(/^(\w+)\.[2-9]\./, "$1."));

/** Entries of a mapping that are of no column's own: columns that are read once more. */
export const again = (mapping: Mapping): [string, How][] =>
  Object.entries(mapping).flatMap(([name, how]) =>
    how && typeof how === "object" && how.column ? [[name, how] as [string, How]] : [],
  );

/** The mapping with the name of a shop before the numbers that are its own alone. */
export const shopped = (mapping: Mapping, scoped: string[], shop: string): Mapping =>
  Object.fromEntries(
    Object.entries(mapping).map(([name, given]) => {
      const how = howOf(mapping, name);
      if (!how || how.join === "" || !scoped.includes(how.field) || (how.column && how.value)) return [name, given];
      const { prefix: _old, ...rest } = how;
      return [name, shop ? { ...rest, prefix: `${shop}-` } : rest];
    }),
  );

/** Types in which the text of several columns can stand together. */
const JOINABLE = new Set(["text", "longtext", "richtext", "person", "tags", "multiselect", "address"]);
export const joinable = (target: Target | undefined): boolean => target !== undefined && JOINABLE.has(target.type);

/** Types that take every text: nothing in them can be wrong. */
const LENIENT = new Set(["text", "longtext", "richtext", "person", "tags", "id", "address"]);
export const strict = (target: Target | undefined): boolean =>
  target !== undefined && !isLink(target) && !target.options && !LENIENT.has(target.type);

/** What every row may have alike. */
const APART = new Set(["file", "address", "person", "password", "id", "links", "reference"]);
export const fixable = (target: Target): boolean =>
  !target.unique && !target.field.includes(".") && !APART.has(target.type);

/** Whether rows that leave a field empty where it must not be can all be given the same. */
export const fallsBack = (target: Target): boolean => fixable(target) && !isLink(target);

/** The entry of a mapping that says what those rows get: the column's that goes there, or one of no column. */
export const entryOf = (upload: Upload, mapping: Mapping, field: string): string =>
  upload.columns.find((column) => howOf(mapping, column.name)?.field === field)?.name ?? `=${field}`;

/** The mapping with what those rows get; null forgets it. */
export function otherwise(mapping: Mapping, entry: string, field: string, value: string | null): Mapping {
  const { otherwise: _old, ...how } = howOf(mapping, entry) ?? { field };
  if (value !== null) return { ...mapping, [entry]: { ...how, otherwise: value } };
  const { [entry]: _gone, ...rest } = mapping;
  return entry === `=${field}` ? rest : mapped(mapping, entry, how);
}

/** A value of a form as a cell of a file would say it. */
export function cellOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(cellOf).join("; ");
  return typeof value === "object" ? String((value as { id?: unknown }).id ?? "") : String(value);
}

/** Whether options can be added to a field while importing: not to a stage's, which belong to their pipeline, nor to a linked record's. */
export const addable = (target: Target | undefined): boolean =>
  (target?.type === "select" || target?.type === "multiselect") && !target.field.includes(".");

/** The mapping with one column going elsewhere, or being read otherwise. */
export function mapped(mapping: Mapping, column: string, how: How | null): Mapping {
  return { ...mapping, [column]: how && Object.keys(how).length === 1 ? how.field : how };
}

/** The mapping of one column with a text taken for a value; null forgets it. */
export function meaning(how: How, text: string, value: string | null): How {
  const { values, ...rest } = how;
  const { [text]: _old, ...others } = values ?? {};
  const next = value === null ? others : { ...others, [text]: value };
  return Object.keys(next).length ? { ...rest, values: next } : rest;
}

/** Types of fields that the server fills in where a row does not. */
const FILLED = new Set(["pipeline", "stage", "user", "autonumber"]);

/** Required fields that no column goes into and nothing else fills; `given` are those with a default. */
export function unfilled(upload: Upload, choices: Choices, given: ReadonlySet<string> = new Set()): Target[] {
  if (choices.mode === "update") return [];
  const taken = new Set(upload.columns.map((column) => howOf(choices.mapping, column.name)?.field));
  return upload.targets.filter(
    (target) =>
      target.required &&
      !FILLED.has(target.type) &&
      !given.has(target.field) &&
      !cellOf(choices.fixed[target.field]) &&
      ![...taken].some((path) => path?.split(".")[0] === target.field),
  );
}

/** Fields by which records can be found again: those that are mapped, unique ones first. */
export function keysOf(upload: Upload, choices: Choices): Target[] {
  const taken = new Set(upload.columns.map((column) => howOf(choices.mapping, column.name)?.field));
  const fit = new Set(["text", "email", "phone", "url", "integer", "autonumber", "person", "id"]);
  return upload.targets
    .filter((target) => taken.has(target.field) && fit.has(target.type) && !target.field.includes("."))
    .sort((a, b) => Number(b.unique) - Number(a.unique));
}

/** Rows that are in the file of what stayed behind: refused, or in without one of their links. */
export const behind = (run: Run): number =>
  run.failed || Math.max(0, ...run.problems.filter((one) => one.kind === "error").map((one) => one.count));

/** How many rows of how many, 0 to 1. */
export const share = (run: Run): number =>
  run.rows > 0 ? Math.min(1, run.read / run.rows) : run.status === "done" ? 1 : 0;

/** Seconds that a run will still take, or null while nobody can know. */
export function timeLeft(run: Run): number | null {
  if (run.status !== "running" || run.rate <= 0 || run.rows <= run.read) return null;
  return Math.max(1, Math.round((run.rows - run.read) / run.rate));
}

/** The records that a run made or changed. */
export function recordsOf(run: Run): Filter | null {
  if (!run.started_at || !run.ended_at) return null;
  const field = run.updated === 0 ? "created" : "updated";
  return {
    and: [
      { field: `${field}_by`, op: "eq", value: run.owner },
      { field: `${field}_at`, op: "between", value: [run.started_at, run.ended_at] },
    ],
  };
}

export type Fix = "missing" | "unknown" | "value" | "date" | "key" | "column";

const FIXES: Record<string, Fix> = {
  link_not_found: "missing",
  link_made: "missing",
  not_an_option: "unknown",
  link_ambiguous: "missing",
  option_added: "unknown",
  ambiguous_date: "date",
  not_unique: "key",
  already_there: "key",
  required: "column",
};

/** What the wizard can change so that a problem goes away. */
export function fixOf(problem: Problem, target: Target | undefined): Fix | null {
  if (problem.code === "left_empty") return isLink(target) ? "missing" : target?.options ? "unknown" : "value";
  return FIXES[problem.code] ?? (problem.kind === "error" && strict(target) ? "value" : null);
}

/** What was probably meant by the texts of a problem, where that is known. */
export const guesses = (problem: Problem): Record<string, string> =>
  Object.fromEntries(problem.samples.flatMap(({ value, near }) => (value && near ? [[value, near]] : [])));

/** Why rows were passed over that nothing was there for. */
const NOT_THERE = new Set(["key_not_found", "deleted_there", "sum_row", "below_table"]);

/** How many rows were there already and stay as they are: all that were passed over but those that nothing was found for. */
export const knownOf = (run: Run): number =>
  run.problems.reduce((left, one) => left - (NOT_THERE.has(one.code) ? one.count : 0), run.skipped);

/** Problems that one decision settles, as one. */
export function merged(problems: Problem[]): Problem[] {
  const found: Problem[] = [];
  for (const problem of problems) {
    const code = problem.code === "not_an_option_but_near" ? "not_an_option" : problem.code;
    const at = found.findIndex((one) => one.field === problem.field && one.code === code && one.kind === problem.kind);
    const same = found[at];
    if (!same) found.push({ ...problem, code });
    else found[at] = { ...same, count: same.count + problem.count, samples: [...same.samples, ...problem.samples] };
  }
  return found;
}

/** The kind of field that a new one for a column should be. */
export function fieldType(column: Column): string {
  const kept = new Set([
    "integer",
    "decimal",
    "money",
    "percent",
    "date",
    "datetime",
    "boolean",
    "email",
    "phone",
    "url",
  ]);
  if (kept.has(column.type)) return column.type;
  return column.samples.some((sample) => sample.length > 200) ? "longtext" : "text";
}

export function fileSize(bytes: number): { n: number; unit: "KB" | "MB" | "GB" } {
  if (bytes >= 1 << 30) return { n: Math.round((bytes / (1 << 30)) * 10) / 10, unit: "GB" };
  if (bytes >= 1 << 20) return { n: Math.round((bytes / (1 << 20)) * 10) / 10, unit: "MB" };
  return { n: Math.max(1, Math.round(bytes / 1024)), unit: "KB" };
}
