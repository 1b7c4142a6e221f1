/** A list's state, all of it in the URL: what differs from the view, and nothing else. */
import type { Look, ObjectDef, View } from "../schema/catalog";
import type { Filter } from "../schema/filter";

export const KINDS = ["table", "board", "calendar", "gallery", "chart"] as const;
export type Kind = (typeof KINDS)[number];

export interface ListSearch extends Look {
  /** Name or id of the view. */
  view?: string;
  kind?: Kind;
  q?: string;
  filter?: Filter | null;
  sort?: string;
  columns?: string[];
  /** The field, or path, whose values make a table's sections. */
  group?: string;
  by?: string;
  sum?: string;
  /** Of a board by stage. */
  pipeline?: string;
  /** The record that stands open at the side. */
  preview?: string;
  /** A day of the calendar's month or week. */
  at?: string;
  /** The moment of the past that is looked at. */
  moment?: string;
  /** What that is compared with: a later moment, or `now`. */
  until?: string;
  /** The archive is looked at instead. */
  archived?: "only";
}

/** What a view keeps, and the URL may change. */
export const OWN = [
  ...(["filter", "sort", "columns", "group", "by", "sum"] as const),
  ...(["widths", "pin", "span", "shape", "grain", "fn", "split"] as const),
] as const;
const LOOK = ["widths", "pin", "span", "shape", "grain", "fn", "split"] as const;

const text = (value: unknown) =>
  typeof value === "string" && value ? value : typeof value === "number" ? String(value) : undefined;
const texts = (value: unknown) => (Array.isArray(value) ? value.map(String) : undefined);
const one =
  <V extends string>(...allowed: readonly V[]) =>
  (value: unknown) =>
    allowed.find((name) => name === value);

function widths(value: unknown): Record<string, number> | undefined {
  if (typeof value !== "object" || !value || Array.isArray(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === "number" && entry[1] > 0),
  );
}

const READ: { [Name in keyof Required<ListSearch>]: (value: unknown) => ListSearch[Name] } = {
  view: text,
  kind: one(...KINDS),
  q: text,
  filter: (value) =>
    value === null || (typeof value === "object" && value && !Array.isArray(value))
      ? (value as Filter | null)
      : undefined,
  // Empty says that the view's own is not wanted.
  sort: (value) => (value === "" ? "" : text(value)),
  columns: texts,
  group: (value) => (value === "" ? "" : text(value)),
  by: text,
  sum: text,
  pipeline: text,
  preview: text,
  at: text,
  moment: (value) => (typeof value === "string" && !Number.isNaN(Date.parse(value)) ? value : undefined),
  until: (value) =>
    value === "now" || (typeof value === "string" && !Number.isNaN(Date.parse(value))) ? value : undefined,
  archived: one("only"),
  widths,
  pin: texts,
  span: one("month", "week"),
  shape: one("bar", "line", "funnel"),
  grain: one("day", "week", "month", "quarter", "year"),
  fn: one("count", "sum", "avg"),
  // Empty says that the view's own is not wanted.
  split: (value) => (value === "" ? "" : text(value)),
};

export const readListSearch = (search: Record<string, unknown>): ListSearch =>
  Object.fromEntries(
    Object.entries(READ)
      .map(([name, read]) => [name, read(search[name])])
      .filter(([, value]) => value !== undefined),
  );

/** What a view says itself, under the names that the URL has. */
export function ownOf(view: View): ListSearch {
  const look: Look = view.look ?? {};
  const asked = Object.fromEntries(LOOK.map((name) => [name, READ[name](look[name])]));
  return {
    ...asked,
    filter: view.filter,
    sort: view.sort ?? undefined,
    columns: view.columns.length ? view.columns : undefined,
    group: view.group ?? undefined,
    by: view.by ?? undefined,
    sum: view.sum ?? undefined,
  };
}

/** The part of a state that only says how a view is drawn. */
export const lookOf = (state: ListSearch): Look =>
  Object.fromEntries(LOOK.flatMap((name) => (state[name] === undefined ? [] : [[name, state[name]]])));

export const viewKey = (view: View): string => view.id ?? view.name;

/** Every object has at least a list of all of it. */
export function viewsOf(object: ObjectDef): View[] {
  if (object.views.length) return object.views;
  return [
    {
      id: null,
      name: "all",
      label: { en: "All", zh: "全部" },
      kind: "table",
      columns: [],
      filter: null,
      sort: null,
      by: null,
      card: [],
      sum: null,
      scope: "standard",
    },
  ];
}

/** The view asked for; else the one that this person begins with; else the one that opens first for everybody; else the first. */
export function viewOf(object: ObjectDef, search: ListSearch, start?: string): View {
  const views = viewsOf(object);
  const first = (scope: string) => views.find((view) => view.first && view.scope === scope);
  return (views.find((view) => viewKey(view) === search.view) ??
    (search.kind
      ? views.find((view) => view.kind === search.kind)
      : (views.find((view) => viewKey(view) === start) ?? first("personal") ?? first("team") ?? first("shared"))) ??
    views[0]) as View;
}
