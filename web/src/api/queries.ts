/** Server state: the keys under which it is kept, and the hooks that read it. */
import {
  type InfiniteData,
  infiniteQueryOptions,
  keepPreviousData,
  type Query,
  type QueryClient,
  queryOptions,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { createContext, useContext, useEffect, useState } from "react";
import {
  Catalog,
  type CatalogJson,
  type Label,
  type Me,
  type ObjectDef,
  type RecordData,
  type Workspace,
} from "../schema/catalog";
import { type Filter, same } from "../schema/filter";
import { api, connection, type Params } from "./client";

/** A favourite: a record, or a list in one of its views. */
export interface Pin {
  object: string;
  id?: string;
  view?: string;
}

export interface Session {
  user: {
    id: string;
    name: string;
    email: string;
    language?: string;
    theme?: string;
    timezone?: string;
    pins?: Pin[];
    starts?: Record<string, string>;
  };
  workspace: { name: string; language?: string };
  csrf: string;
  /** Whose session it is while it sees the workspace as `user`. */
  viewer?: { id: string; name: string } | null;
}

/** What a list asks for. */
export interface ListQuery {
  filter?: Filter | null;
  sort?: string | null;
  fields?: string[];
  q?: string;
  limit?: number;
  /** Records to pass over. */
  skip?: number;
  include?: string;
  bin?: boolean;
  archived?: "with" | "only";
  /** A moment of the past. */
  as_of?: string;
}

export interface Page {
  data: RecordData[];
  next: string | null;
  count?: number;
  count_estimate?: number;
  totals?: Record<string, number | null>;
  /** Of what currency totals are; read as totals beside them. */
  currencies?: Record<string, unknown>;
}

export interface Measure {
  fn: "count" | "count_distinct" | "sum" | "avg" | "min" | "max" | "median";
  field?: string;
  as: string;
}

export interface AggregateQuery {
  filter?: Filter | null;
  group?: (string | { field: string; grain: string })[];
  measures: Measure[];
  sort?: string | null;
  limit?: number;
  q?: string;
  as_of?: string;
  archived?: "with" | "only";
}

export interface AggregateRow {
  group: Record<string, unknown>;
  values: Record<string, number | null>;
  /** Of what currency figures are; read as values beside them. */
  currencies?: Record<string, unknown>;
}

export const keys = {
  session: ["session"] as const,
  catalog: ["catalog"] as const,
  records: (object?: string) => (object ? (["records", object] as const) : (["records"] as const)),
  list: (object: string, query: ListQuery) => ["records", object, "list", query] as const,
  lists: (object: string) => ["records", object, "list"] as const,
  record: (object: string, id: string) => ["records", object, "one", id] as const,
  timeline: (object: string, id: string, kinds?: unknown) =>
    ["records", object, "timeline", id, kinds ?? null] as const,
  history: (object: string, id: string) => ["records", object, "history", id] as const,
  related: (object: string, id: string, name: string) => ["records", object, "related", id, name] as const,
  panels: (object: string, id: string, names: string[]) => ["records", object, "panels", id, names] as const,
  alerts: (object: string, id: string) => ["records", object, "alerts", id] as const,
  aggregate: (object: string, query: AggregateQuery) => ["records", object, "aggregate", query] as const,
  search: (q: string, objects?: string) => ["search", q, objects ?? null] as const,
};

export async function fetchSession(): Promise<Session> {
  const session = await api.get<Session>("/session");
  connection.setCsrf(session.csrf);
  return session;
}

export const fetchCatalog = async (): Promise<Catalog> => new Catalog(await api.get<CatalogJson>("/catalog"));

const CatalogContext = createContext<Catalog | null>(null);
export const CatalogProvider = CatalogContext.Provider;

/** The catalog; there is always one inside the shell. */
export function useCatalog(): Catalog {
  const catalog = useContext(CatalogContext);
  if (!catalog) throw new Error("useCatalog outside the shell");
  return catalog;
}

export const useMe = (): Me => useCatalog().me;
export const useWorkspace = (): Workspace => useCatalog().workspace;
export const useObject = (name: string): ObjectDef | undefined => useCatalog().object(name);

/** After a change to the catalog: fetch it again, and everything drawn from it. */
export function useRefreshCatalog(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await client.invalidateQueries({ queryKey: keys.catalog });
    await client.invalidateQueries({ queryKey: keys.records() });
  };
}

const POST_ABOVE = 1500;

/** Figures with what they are in beside them. */
const told = (figures: Record<string, number | null>, currencies?: Record<string, unknown>) =>
  currencies ? ({ ...figures, ...currencies } as Record<string, number | null>) : figures;

/** Of queries whose answer stands above the rest of a screen, and would push it down. */
export const ABOVE = { above: true } as const;
const isAbove = (query: Query): boolean => query.meta?.above === true;

/**
 * Whether what the screen is made of has arrived; then for good. Figures beside it are asked for after that. `above` waits
 * only for what stands above the rest, and for `PATIENCE` milliseconds at most.
 */
export function useArrived(which?: "above"): boolean {
  const client = useQueryClient();
  const [arrived, setArrived] = useState(false);
  useEffect(() => {
    if (arrived) return;
    let stop = () => {};
    const done = () => setArrived(true);
    const look = () => client.isFetching(which && { predicate: isAbove }) === 0 && done();
    // By then whatever is drawn with this has begun to ask.
    const timer = setTimeout(() => {
      stop = client.getQueryCache().subscribe(look);
      look();
    });
    const late = which && setTimeout(done, PATIENCE);
    return () => {
      clearTimeout(timer);
      clearTimeout(late);
      stop();
    };
  }, [client, arrived, which]);
  return arrived;
}
const PATIENCE = 600;

/** One page of a list; long filters go in a body. */
export async function fetchPage(
  object: string,
  query: ListQuery,
  cursor?: string | null,
  signal?: AbortSignal,
): Promise<Page> {
  const asked: Params = { ...query, cursor: cursor ?? undefined };
  const page = await (JSON.stringify(query.filter ?? null).length > POST_ABOVE
    ? api.read<Page>(`/records/${object}/query`, compact(asked), signal)
    : api.get<Page>(`/records/${object}`, { ...asked, fields: query.fields?.join(",") }, signal));
  return page.totals ? { ...page, totals: told(page.totals, page.currencies) } : page;
}

function compact(params: Params): Params {
  return Object.fromEntries(
    Object.entries(params).filter(([, value]) => value !== undefined && value !== null && value !== ""),
  );
}

/** A list without an end: pages are added as one scrolls. */
export const listOptions = (object: string, query: ListQuery) =>
  infiniteQueryOptions({
    queryKey: keys.list(object, query),
    queryFn: ({ pageParam, signal }) =>
      // Only the first page counts: the number is the same on every page.
      fetchPage(object, pageParam ? { ...query, include: undefined } : query, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Page) => page.next,
    staleTime: 15_000,
  });

export const rowsOf = (data: InfiniteData<Page> | undefined): RecordData[] =>
  data?.pages.flatMap((page) => page.data) ?? [];

/** A record as it is, or as it was at a moment. */
export const recordQuery = (object: string, id: string, then?: string) =>
  queryOptions({
    queryKey: then ? [...keys.record(object, id), then] : keys.record(object, id),
    queryFn: ({ signal }) =>
      api.get<RecordData>(`/records/${object}/${id}`, then ? { as_of: then } : undefined, signal),
    staleTime: 15_000,
  });

/** News that one may see it no more cannot be told: what is looked at is asked for again by itself. */
const LOOKED_AT = 60_000;

export const useRecord = (object: string, id: string, then?: string) =>
  useQuery({ ...recordQuery(object, id, then), refetchInterval: then ? false : LOOKED_AT });

/** Something that one must know of a record before doing anything else. */
export interface Matter {
  name: string;
  title: Label;
  text: Label;
  tone: "danger" | "warn";
  icon: string;
  object: string;
  id: string;
}

/** What is asked beside the record itself: the strip stands when the page does. */
export const alertsQuery = (object: string, id: string) =>
  queryOptions({
    queryKey: keys.alerts(object, id),
    queryFn: ({ signal }) => api.get<{ data: Matter[] }>(`/records/${object}/${id}/alerts`, {}, signal),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });

/** Who is signed in, and what they may see: asked once, renewed by whoever changes it. */
export const sessionQuery = { queryKey: keys.session, queryFn: fetchSession, staleTime: Number.POSITIVE_INFINITY };
export const catalogQuery = queryOptions({
  queryKey: keys.catalog,
  queryFn: fetchCatalog,
  staleTime: Number.POSITIVE_INFINITY,
  // What is drawn from it is drawn again only where it says something else.
  structuralSharing: (old, now) => (same((old as Catalog | undefined)?.json, (now as Catalog).json) ? old : now),
});

export const aggregateOptions = (object: string, query: AggregateQuery) =>
  queryOptions({
    queryKey: keys.aggregate(object, query),
    queryFn: ({ signal }) =>
      api
        .read<{ data: AggregateRow[] }>(`/records/${object}/aggregate`, compact({ ...query }), signal)
        .then((answer) => answer.data.map((row) => ({ ...row, values: told(row.values, row.currencies) }))),
    staleTime: 15_000,
  });

export const useAggregate = (object: string, query: AggregateQuery, enabled = true) =>
  useQuery({ ...aggregateOptions(object, query), enabled });

const LONG = 3;

/** A list that has been scrolled far: asking for all of its pages again would cost more than it tells. */
const isLong = (query: Query): boolean =>
  ((query.state.data as { pages?: unknown[] } | undefined)?.pages?.length ?? 0) > LONG;

/**
 * Everything about records is asked again: links and sums reach further than the object that was written. `one` changed
 * record is in the lists already, so long ones are left until they are next opened. Resolves when all has arrived.
 */
export async function touchRecords(client: QueryClient, one = false): Promise<void> {
  if (!one) return client.invalidateQueries({ queryKey: keys.records() });
  void client.invalidateQueries({ queryKey: keys.records(), predicate: isLong, refetchType: "none" });
  return client.invalidateQueries({ queryKey: keys.records(), predicate: (query) => !isLong(query) });
}
