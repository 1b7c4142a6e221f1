/** A list in force: the view, what the URL changes of it, and how to change that. */
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useMemo, useRef } from "react";
import { useCatalog } from "../api/queries";
import { twin } from "../fields";
import { pictureOf } from "../fields/file";
import type { Catalog, Field, Look, ObjectDef, Pipeline, RecordData, View } from "../schema/catalog";
import { visibleFields } from "../schema/catalog";
import { both, type Filter, fromSentence, isCondition, same, toSentence } from "../schema/filter";
import { useStarts } from "../shell/pins";
import { goTo, latest, useAsked } from "./ahead";
import { type Asked, askedOf, type Column } from "./columns";
import { asItWas, putAway } from "./Past";
import { KINDS, type Kind, type ListSearch, lookOf, OWN, ownOf, readListSearch, viewKey, viewOf } from "./state";

export interface List extends Asked {
  view: View;
  /** What may be changed of its filter: without what all of it must satisfy. */
  said: Filter | null;
  kind: Kind;
  /** How these records can be shown. */
  kinds: Kind[];
  /** What makes a table's sections. */
  group: Column | undefined;
  /** The field that makes a board's columns, places records on a calendar, gives a gallery its covers, or makes a chart's bars. */
  by: Column | undefined;
  /** What a board or a chart sums; undefined for what the view says nothing about. */
  sum: Field | undefined;
  /** What splits each mark of a chart. */
  split: Column | undefined;
  look: Look;
  /** The pipelines that a board by stage may show, the one asked for, and the field that tells them apart. */
  pipelines: Pipeline[];
  pipeline: Pipeline | undefined;
  pipelineField: Field | undefined;
  at: string | undefined;
  /** What that is compared with: a later moment, or `now`. */
  until: string | undefined;
  /** Whether the URL differs from the view. */
  changed: boolean;
  /** `replace` makes no new entry in the browser's history. */
  set: (patch: ListSearch, replace?: boolean) => void;
  reset: () => void;
}

/** Fields whose few known values can be columns of a board. */
export const boardFields = (catalog: Catalog, object: ObjectDef): Field[] =>
  object.fields.filter(
    (field) =>
      !field.of &&
      ((field.type === "stage" && catalog.pipelinesOf(object).length > 0) ||
        (field.type === "select" && field.options.length > 1)),
  );

/** A day, or a moment: what conditions may ask to be within a period. */
export const isTime = (field: Field): boolean => field.operators.includes("within");

/** Fields that place a record on a calendar; those that people plan by come before those that the engine writes. */
export const dateFields = (object: ObjectDef): Field[] => visibleFields(object).filter(isTime);

/** Fields whose pictures can be the covers of a gallery; those that hold nothing else come first. */
export const coverFields = (object: ObjectDef): Field[] =>
  visibleFields(object)
    .filter((field) => field.type === "file")
    .sort((a, b) => Number(b.config.image === true) - Number(a.config.image === true));

/** The picture that a record is known by: of a field that holds nothing else. */
export const faceOf = (object: ObjectDef, record: RecordData): string | null => {
  const field = coverFields(object)[0];
  return field?.config.image === true ? pictureOf(record[field.name]) : null;
};

/** Whether records that share a value make a group: amounts and names hardly ever do. */
export const groups = (field: Field): boolean =>
  field.groupable &&
  !field.unique &&
  !field.search &&
  (!field.aggregates.includes("sum") || twin(field).total === "avg");

export const groupFields = (object: ObjectDef): Field[] => visibleFields(object).filter(groups);

/** What tells most comes first: a stage, what a view of all is arranged by, what such views show. What nobody looks at is mostly empty. */
function byTelling(fields: Field[], object: ObjectDef): Field[] {
  const views = object.views.filter((view) => view.scope !== "personal");
  const arranged = new Set(views.flatMap((view) => [view.by, view.group]));
  const shown = new Set(views.flatMap((view) => view.columns));
  const rank = ({ name, type }: Field) => (type === "stage" ? 0 : arranged.has(name) ? 1 : shown.has(name) ? 2 : 3);
  return [...fields].sort((a, b) => rank(a) - rank(b));
}

/** Where a kind of list begins when nothing says by which field. */
function firstBy(kind: Kind, catalog: Catalog, object: ObjectDef): Field | undefined {
  if (kind === "calendar") return dateFields(object)[0];
  if (kind === "gallery") return coverFields(object)[0];
  const boards = byTelling(boardFields(catalog, object), object);
  return boards[0] ?? (kind === "chart" ? groupFields(object)[0] : undefined);
}

const fits = (kind: Kind, field: Field, catalog: Catalog, object: ObjectDef): boolean =>
  kind === "board"
    ? boardFields(catalog, object).includes(field)
    : kind === "calendar"
      ? isTime(field)
      : kind === "gallery"
        ? coverFields(object).includes(field)
        : field.groupable;

/** Where a list stands that is no page of its own: the view that it begins with or what all of it must satisfy, and how its state
 * gets into the URL. */
export interface Place {
  view?: View;
  base?: Filter;
  go: (search: ListSearch, replace: boolean) => unknown;
}

/** What a list shows, read from its view and the URL. */
export function listOf(
  catalog: Catalog,
  object: ObjectDef,
  search: ListSearch,
  start?: string,
  place?: Place,
): Omit<List, "set" | "reset"> {
  const view = place?.view ?? viewOf(object, search, start);
  const state: ListSearch = { ...ownOf(view), ...search };
  const { moment, archived } = search;
  const asked = askedOf(catalog, object, view, search);
  const kinds = KINDS.filter(
    (kind) => kind === "table" || kind === "gallery" || (!moment && !archived && firstBy(kind, catalog, object)),
  );
  const kind = kinds.find((one) => one === (search.kind ?? view.kind)) ?? "table";
  const column = (path: string | undefined): Column | undefined => {
    const field = path ? catalog.field(object, path) : undefined;
    return field && { path: path as string, field };
  };
  const chosen = column(kind === view.kind ? state.by : search.by);
  const begun = firstBy(kind, catalog, object);
  const by = chosen && fits(kind, chosen.field, catalog, object) ? chosen : begun && { path: begun.name, field: begun };
  const pipelines = by?.field.type === "stage" ? catalog.pipelinesOf(object) : [];
  return {
    ...asked,
    // Of the past nothing can be written, nor of what is put away.
    object: moment ? asItWas(object) : archived ? putAway(object) : object,
    view,
    kind,
    kinds,
    filter: place?.base ? both(place.base, search.filter) : asked.filter,
    said: place?.base ? without(search.filter, place.base) : asked.filter,
    group: column(state.group),
    by,
    sum: column(state.sum)?.field,
    split: state.split && state.split !== by?.path ? column(state.split) : undefined,
    look: lookOf(state),
    pipelines,
    pipeline: pipelines.find((one) => one.name === search.pipeline),
    pipelineField: object.fields.find((field) => field.type === "pipeline"),
    until: moment && search.until,
    at: search.at,
    changed: OWN.some((name) => search[name] !== undefined),
  };
}

export function useList(object: ObjectDef, place?: Place): List {
  const catalog = useCatalog();
  const said = useSearch({ strict: false, select: (search) => JSON.stringify({ ...search, preview: undefined }) });
  const search = useMemo(() => JSON.parse(said) as ListSearch, [said]);
  const navigate = useNavigate();
  const router = useRouter();
  const start = useStarts().starts[object.name];
  const kept = useRef<Pick<List, "columns" | "look">>({ columns: [], look: {} });
  return useMemo(() => {
    const list = listOf(catalog, object, search, start, place);
    // Rows are drawn again where their columns are others, not where those were only found anew.
    const { columns, look } = kept.current;
    kept.current = {
      columns: alike(columns, list.columns) ? columns : list.columns,
      look: same(look, list.look) ? look : list.look,
    };
    const own = ownOf(list.view);
    const go = (next: ListSearch, replace = false) =>
      place
        ? place.go(clean(next), replace)
        : navigate({ to: "/o/$object", params: { object: object.name }, search: clean(next), replace });
    return {
      ...list,
      ...kept.current,
      set: (patch, replace = false) => {
        const next: ListSearch = { ...readListSearch(latest(router)), ...patch };
        // What equals the view again needs no place in the URL.
        for (const name of OWN) {
          if (next[name] !== undefined && same(next[name] || null, own[name] || null)) delete next[name];
        }
        goTo(router, next, patch, replace, go);
      },
      reset: () => void go({ view: search.view, kind: search.kind, q: search.q }),
    };
  }, [catalog, object, search, navigate, router, start, place]);
}

/** The record that stands open at the side. No part of the list, which is the same whoever stands beside it. */
export const usePreview = (): string | undefined => useAsked((search) => search.preview);

/** The order that was asked for, before its rows are there. */
export const useOrder = (list: List): string => useAsked((search) => search.sort ?? list.view.sort ?? "") ?? "";

const alike = (some: Column[], others: Column[]): boolean =>
  some.length === others.length &&
  some.every((one, at) => one.path === others[at]?.path && one.field === others[at]?.field);

const clean = (search: ListSearch): ListSearch =>
  Object.fromEntries(
    Object.entries(search).filter(
      ([name, value]) =>
        value !== undefined && (value !== "" || name === "group" || name === "sort" || name === "split"),
    ),
  ) as ListSearch;

export const isView = (list: List, view: View): boolean => viewKey(list.view) === viewKey(view);

/** What may be changed by hand on many records at once. */
export const changeable = (object: ObjectDef): Field[] =>
  visibleFields(object).filter((field) => !field.readonly && !field.system && !field.unique && field.type !== "file");

/** What may be changed in a list's cell. */
export const isEditable = (object: ObjectDef, { path, field }: Column): boolean =>
  object.can.update && !path.includes(".") && !field.readonly && !field.system && !field.of;

/** A filter less the conditions that hold anyway. */
function without(filter: Filter | null | undefined, base: Filter): Filter | null {
  const { join, parts } = toSentence(filter ?? null);
  const held = toSentence(base).parts;
  if (join === "or") return filter ?? null;
  return fromSentence({ join, parts: parts.filter((part) => !held.some((one) => same(one, part))) });
}

/** With these conditions, in place of those that were on the same field. */
export function narrowed(list: List, field: string, ...conditions: Filter[]): Filter | null {
  const { join, parts } = toSentence(list.filter);
  if (join === "or") return both(list.filter, ...conditions);
  return fromSentence({
    join,
    parts: [...parts.filter((part) => !isCondition(part) || part.field !== field), ...conditions],
  });
}
