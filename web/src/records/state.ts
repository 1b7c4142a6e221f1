/** A list's state, all of it in the URL: what differs from the view, and nothing else. */
import type { ObjectDef, View } from "../schema/catalog";
import type { Filter } from "../schema/filter";

export interface ListSearch {
  /** Name or id of the view. */
  view?: string;
  kind?: "table" | "board";
  q?: string;
  filter?: Filter | null;
  sort?: string;
  columns?: string[];
  by?: string;
  /** Of a board by stage. */
  pipeline?: string;
}

export function readListSearch(search: Record<string, unknown>): ListSearch {
  const text = (value: unknown) =>
    typeof value === "string" && value ? value : typeof value === "number" ? String(value) : undefined;
  const found: ListSearch = {
    view: text(search.view),
    kind: search.kind === "board" || search.kind === "table" ? search.kind : undefined,
    q: text(search.q),
    filter:
      search.filter === null || (typeof search.filter === "object" && search.filter)
        ? (search.filter as Filter | null)
        : undefined,
    sort: text(search.sort),
    columns: Array.isArray(search.columns) ? search.columns.map(String) : undefined,
    by: text(search.by),
    pipeline: text(search.pipeline),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as ListSearch;
}

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

export function viewOf(object: ObjectDef, search: ListSearch): View {
  const views = viewsOf(object);
  return (views.find((view) => viewKey(view) === search.view) ??
    views.find((view) => !search.kind || view.kind === search.kind) ??
    views[0]) as View;
}
