/** A list in force: the view, what the URL changes of it, and how to change that. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { ListQuery } from "../api/queries";
import { useCatalog } from "../api/queries";
import type { Catalog, Field, ObjectDef, Pipeline, View } from "../schema/catalog";
import { visibleFields } from "../schema/catalog";
import { type Filter, same } from "../schema/filter";
import { type ListSearch, viewKey, viewOf } from "./state";

export interface Column {
  /** A field's name or a path over a link: `account.industry`. */
  path: string;
  field: Field;
}

export interface List {
  object: ObjectDef;
  view: View;
  kind: "table" | "board";
  filter: Filter | null;
  sort: string;
  columns: Column[];
  /** The field that makes a board's columns, when there is one. */
  by: Field | undefined;
  /** The pipelines that a board by stage may show, the one asked for, and the field that tells them apart. */
  pipelines: Pipeline[];
  pipeline: Pipeline | undefined;
  pipelineField: Field | undefined;
  q: string;
  /** Whether the URL differs from the view. */
  changed: boolean;
  /** `replace` makes no new entry in the browser's history. */
  set: (patch: ListSearch, replace?: boolean) => void;
  reset: () => void;
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

/** Fields whose few known values can be columns of a board. */
export function boardFields(catalog: Catalog, object: ObjectDef): Field[] {
  return object.fields.filter(
    (field) =>
      (field.type === "stage" && catalog.pipelinesOf(object).length > 0) ||
      (field.type === "select" && field.options.length > 1),
  );
}

export function useList(object: ObjectDef): List {
  const catalog = useCatalog();
  const search = useSearch({ strict: false }) as ListSearch;
  const navigate = useNavigate();
  return useMemo(() => {
    const view = viewOf(object, search);
    const boards = boardFields(catalog, object);
    const kind = search.kind ?? (view.kind === "board" && boards.length ? "board" : "table");
    const paths = search.columns ?? (view.columns.length ? view.columns : defaultColumns(object));
    const by = boards.find((field) => field.name === (search.by ?? view.by)) ?? boards[0];
    const pipelines = by?.type === "stage" ? catalog.pipelinesOf(object) : [];
    const own: ListSearch = {
      filter: view.filter,
      sort: view.sort ?? undefined,
      columns: view.columns,
      by: view.by ?? undefined,
    };
    const go = (next: ListSearch, replace = false) =>
      void navigate({ to: "/o/$object", params: { object: object.name }, search: clean(next), replace });
    return {
      object,
      view,
      kind,
      filter: search.filter !== undefined ? search.filter : view.filter,
      sort: search.sort ?? view.sort ?? "",
      columns: toColumns(catalog, object, paths),
      by,
      pipelines,
      pipeline: pipelines.find((one) => one.name === search.pipeline),
      pipelineField: object.fields.find((field) => field.type === "pipeline"),
      q: search.q ?? "",
      changed: ["filter", "sort", "columns", "by"].some((name) => search[name as keyof ListSearch] !== undefined),
      set: (patch, replace) => {
        const next: ListSearch = { ...search, ...patch };
        // What equals the view again needs no place in the URL.
        for (const name of ["filter", "sort", "columns", "by"] as const) {
          if (next[name] !== undefined && same(next[name] || null, own[name] || null)) delete next[name];
        }
        go(next, replace);
      },
      reset: () => go({ view: search.view, kind: search.kind, q: search.q }),
    };
  }, [catalog, object, search, navigate]);
}

const clean = (search: ListSearch): ListSearch =>
  Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined && value !== "")) as ListSearch;

/** The columns to ask for: those shown, and what belongs to them (an amount's currency). */
export function askedFields(object: ObjectDef, paths: string[]): string[] {
  const own = object.fields.filter((field) => field.of && paths.includes(field.of)).map((field) => field.name);
  return [...new Set([object.title, ...paths, ...own])];
}

export function tableQuery(list: List): ListQuery {
  return {
    filter: list.filter,
    sort: list.sort || undefined,
    q: list.q || undefined,
    fields: askedFields(
      list.object,
      list.columns.map((column) => column.path),
    ),
    limit: 100,
    include: "count",
  };
}

export const isView = (list: List, view: View): boolean => viewKey(list.view) === viewKey(view);

/** What may be changed by hand on many records at once. */
export function changeable(object: ObjectDef): Field[] {
  return visibleFields(object).filter(
    (field) => !field.readonly && !field.system && !field.unique && field.type !== "file",
  );
}
