/**
 * The rows of a list of any length: only the pages in sight are asked for and kept. What is scrolled to goes on from the
 * page before; what is jumped to is asked for by its place. Sections of a grouped list are laid end to end.
 */
import {
  keepPreviousData,
  type QueryClient,
  queryOptions,
  useQueries,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { fetchPage, keys, type ListQuery, type Page } from "../api/queries";
import type { RecordData } from "../schema/catalog";
import { both, type Filter } from "../schema/filter";

export const PAGE = 100;
/** How far before and after the sight pages are asked for. */
const AHEAD = 60;

export interface Section {
  /** Tells it from the others; empty for a list that is not grouped. */
  key: string;
  filter: Filter | null;
  count: number;
  open: boolean;
}

/** What stands in a place of the table: a section's head, or a row, which may still be on its way. */
export interface Line {
  section: number;
  /** Its place in the section; -1 for the head. */
  at: number;
  row?: RecordData;
}

export const pageOptions = (client: QueryClient, object: string, query: ListQuery, page: number) => {
  const asked = (at: number): ListQuery => ({ ...query, limit: PAGE, skip: at * PAGE });
  return queryOptions({
    queryKey: keys.list(object, asked(page)),
    queryFn: ({ signal }) => {
      const before = page ? client.getQueryData<Page>(keys.list(object, asked(page - 1))) : undefined;
      if (before?.next) return fetchPage(object, { ...query, limit: PAGE }, before.next, signal);
      return fetchPage(object, page ? asked(page) : { ...query, limit: PAGE, include: "count" }, null, signal);
    },
    staleTime: 15_000,
    // What has been scrolled past is forgotten soon: a long list takes no more memory than a short one.
    gcTime: 15_000,
  });
};

/** What is known of a page that was read: how many it held, and whether more follow. */
interface Read {
  n: number;
  more: boolean;
}

/** How many rows a list has of which the number is only guessed, corrected by where its pages were found to end. */
export function total(guess: number, read: Iterable<[number, Read]>): number {
  let n = guess;
  for (const [page, { n: held, more }] of read) {
    const seen = page * PAGE + held;
    if (more) n = Math.max(n, seen + 1);
    else if (held) return seen;
    else n = Math.min(n, seen);
  }
  return n;
}

export interface Rows {
  lines: number;
  line: (index: number) => Line;
  /** Asks for what stands between two places. */
  show: (from: number, to: number) => void;
  /** The rows between two places, however far apart. */
  between: (from: number, to: number) => Promise<RecordData[]>;
  count: number | undefined;
  exact: boolean;
  pending: boolean;
  error: unknown;
  refetch: () => void;
}

/** `sections` undefined: one list. */
export function useRows(object: string, query: ListQuery, sections?: Section[]): Rows {
  const client = useQueryClient();
  const [[from, to], setRange] = useState<[number, number]>([0, 0]);
  const single = !sections;
  const first = useQuery({
    ...pageOptions(client, object, query, 0),
    enabled: single,
    placeholderData: keepPreviousData,
  });
  const read = useRef(new Map<number, Read>());
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list begins at its start
  useEffect(() => {
    read.current.clear();
    setRange([0, 0]);
  }, [object, query]);

  const count = !single
    ? sections.reduce((sum, one) => sum + one.count, 0)
    : (first.data?.count ?? total(first.data?.count_estimate ?? 0, read.current));
  const parts = useMemo<Section[]>(() => sections ?? [{ key: "", filter: null, count, open: true }], [sections, count]);
  const starts = useMemo(() => {
    let at = 0;
    return parts.map((part) => {
      const start = at;
      at += (single ? 0 : 1) + (part.open ? part.count : 0);
      return start;
    });
  }, [parts, single]);
  const last = parts.at(-1);
  const lines = last ? (starts.at(-1) ?? 0) + (single ? 0 : 1) + (last.open ? last.count : 0) : 0;

  const place = useCallback(
    (index: number): Line => {
      let [low, high] = [0, starts.length - 1];
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((starts[middle] ?? 0) <= index) low = middle;
        else high = middle - 1;
      }
      return { section: low, at: index - (starts[low] ?? 0) - (single ? 0 : 1) };
    },
    [starts, single],
  );
  const optionsOf = useCallback(
    (section: number, page: number) =>
      pageOptions(client, object, { ...query, filter: both(query.filter, parts[section]?.filter) }, page),
    [client, object, query, parts],
  );

  const wanted = useMemo(() => {
    const found: [number, number][] = [];
    const seen = new Set<string>();
    const end = Math.min(lines - 1, to + AHEAD);
    for (let index = Math.max(0, from - AHEAD); index <= end; index++) {
      const { section, at } = place(index);
      const page = Math.floor(Math.max(0, at) / PAGE);
      if (at < 0 || seen.has(`${section} ${page}`)) continue;
      seen.add(`${section} ${page}`);
      found.push([section, page]);
    }
    return found;
  }, [from, to, lines, place]);
  const answers = useQueries({ queries: wanted.map(([section, page]) => optionsOf(section, page)) });
  const pages = new Map(wanted.map(([section, page], at) => [`${section} ${page}`, answers[at]?.data]));
  if (single && first.data && !pages.get("0 0")) pages.set("0 0", first.data);
  for (const [at, [, page]] of single ? wanted.entries() : []) {
    const data = answers[at]?.data;
    if (data) read.current.set(page, { n: data.data.length, more: data.next !== null });
  }
  const failed = answers.find((answer) => answer.isError && !answer.data);

  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const range = useRef([from, to]);
  const show = useCallback((start: number, end: number) => {
    clearTimeout(timer.current);
    const [a = 0, b = 0] = range.current;
    const far = start > b + AHEAD || end < a - AHEAD;
    const go = () => {
      range.current = [start, end];
      setRange([start, end]);
    };
    // Pages that only fly past while the bar is dragged are not asked for.
    if (far) timer.current = setTimeout(go, 60);
    else if (Math.abs(start - a) > PAGE / 4 || Math.abs(end - b) > PAGE / 4) go();
  }, []);

  const between = async (start: number, end: number): Promise<RecordData[]> => {
    const found: RecordData[] = [];
    for (let index = Math.max(0, start); index <= Math.min(end, lines - 1); index++) {
      const { section, at } = place(index);
      if (at < 0) continue;
      const page = await client.ensureQueryData(optionsOf(section, Math.floor(at / PAGE)));
      const row = page.data[at % PAGE];
      if (row) found.push(row);
    }
    return found;
  };

  return {
    lines,
    line: (index) => {
      const found = place(index);
      const page = pages.get(`${found.section} ${Math.floor(Math.max(0, found.at) / PAGE)}`);
      return found.at < 0 ? found : { ...found, row: page?.data[found.at % PAGE] };
    },
    show,
    between,
    count: single && !first.data ? undefined : count,
    exact: !single || typeof first.data?.count === "number",
    pending: single && first.isPending,
    // What fails in the middle leaves the rest where it is, and is asked for again when it comes into sight.
    error: single ? first.data === undefined && first.error : answers.every(({ data }) => !data) && failed?.error,
    refetch: () => void (single ? first.refetch() : failed?.refetch()),
  };
}
