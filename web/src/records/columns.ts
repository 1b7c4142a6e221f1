/** What a list asks the server for: columns, and the query of its rows. Small, as the page asks before its screens are here. */
import type { ListQuery } from "../api/queries";
import type { Catalog, Field, ObjectDef, View } from "../schema/catalog";
import { visibleFields } from "../schema/catalog";
import type { Filter } from "../schema/filter";
import { type ListSearch, ownOf, viewOf } from "./state";

export interface Column {
  /** A field's name or a path over a link: `account.industry`. */
  path: string;
  field: Field;
}

/** The part of a list that its rows depend on. */
export interface Asked {
  object: ObjectDef;
  filter: Filter | null;
  sort: string;
  columns: Column[];
  q: string;
  moment: string | undefined;
  /** The archive is looked at: nothing in it is changed before it is restored. */
  archived: "only" | undefined;
}

const COLUMNS = 7;

/** The columns of a list that names none: title, subtitle, then what comes first on the form. */
export function defaultColumns(object: ObjectDef): string[] {
  const rest = visibleFields(object)
    .filter((field) => !field.system && !["longtext", "richtext", "json", "file"].includes(field.type))
    .map((field) => field.name);
  return [...new Set([object.title, ...object.subtitle, ...rest])].slice(0, COLUMNS);
}

function toColumns(catalog: Catalog, object: ObjectDef, paths: string[]): Column[] {
  const wanted = paths.includes(object.title)
    ? [object.title, ...paths.filter((path) => path !== object.title)]
    : [object.title, ...paths];
  return wanted.flatMap((path) => {
    const field = catalog.field(object, path);
    return field ? [{ path, field }] : [];
  });
}

/** The name, what stays in sight beside it, and the rest. */
function pinned(columns: Column[], pin: string[] = []): Column[] {
  const [name, ...rest] = columns;
  const stays = (column: Column) => pin.includes(column.path);
  return name ? [name, ...rest.filter(stays), ...rest.filter((column) => !stays(column))] : [];
}

/** What the URL and its view ask for. */
export function askedOf(catalog: Catalog, object: ObjectDef, view: View, search: ListSearch): Asked {
  const state: ListSearch = { ...ownOf(view), ...search };
  const { moment, archived } = search;
  return {
    object,
    filter: state.filter ?? null,
    sort: state.sort ?? "",
    columns: pinned(toColumns(catalog, object, state.columns ?? defaultColumns(object)), state.pin),
    q: moment ? "" : (search.q ?? ""),
    moment,
    archived,
  };
}

/** What says how the stages of an object's records are called. */
export const pipelineField = (object: ObjectDef): string | undefined =>
  object.fields.find((field) => field.type === "pipeline")?.name;

/** The columns to ask for: those shown, and what belongs to them (an amount's currency, a stage's pipeline). */
export function askedFields(object: ObjectDef, paths: string[]): string[] {
  const own = object.fields.filter((field) => field.of && paths.includes(field.of)).map((field) => field.name);
  // What is masked in a record depends on whether it is in a pool.
  const pool = object.pool && object.pools?.some((one) => one.masked.length > 0) ? [object.owner, object.pool] : [];
  const staged = object.fields.some((field) => field.type === "stage" && paths.includes(field.name));
  const pipeline = staged && pipelineField(object);
  return [...new Set([object.title, ...paths, ...own, ...(pipeline ? [pipeline] : []), ...pool])];
}

/** What the rows of a table or the cards of a phone or a gallery ask for; `cover` is what a gallery shows above the rest. */
export function tableQuery(list: Asked, cover?: Column): ListQuery {
  return {
    filter: list.filter,
    sort: list.sort || undefined,
    q: list.q || undefined,
    as_of: list.moment,
    archived: list.archived,
    fields: askedFields(
      list.object,
      [...list.columns, ...(cover ? [cover] : [])].map((column) => column.path),
    ),
  };
}

/** The rows that a screen will begin with, where it is a table without groups; null where it is not. */
export function firstQuery(
  catalog: Catalog,
  object: ObjectDef,
  search: ListSearch,
  start: string | undefined,
): ListQuery | null {
  const view = viewOf(object, search, start);
  const plain = (search.kind ?? view.kind) === "table" && !(search.group ?? view.group);
  return plain ? tableQuery(askedOf(catalog, object, view, search)) : null;
}
