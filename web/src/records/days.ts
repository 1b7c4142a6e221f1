/** What a calendar asks the server for. Apart from the calendar itself, as the page asks before that is here. */
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { type AggregateQuery, aggregateOptions, fetchPage, keys, type Page } from "../api/queries";
import { addDays, addMonths, isoDay, parseIsoDay, weekday } from "../fields/dates";
import { both, type Filter } from "../schema/filter";
import { askedFields, type Column } from "./columns";
import type { List } from "./list";

type Shown = Omit<List, "set" | "reset">;

/** Records of a month that are drawn; how many there are besides is counted. */
export const MOST = 1000;

export const plus = (day: string, n: number): string => {
  const found = parseIsoDay(day);
  return found ? isoDay(addDays(found, n)) : day;
};

/** Whole weeks, from Monday. */
function weeksOf(at: string, span: "month" | "week"): string[] {
  const day = parseIsoDay(at);
  if (!day) return [];
  const first = span === "month" ? { ...day, day: 1 } : day;
  const last = span === "month" ? addDays(addMonths(first, 1), -1) : day;
  const start = isoDay(addDays(first, 1 - weekday(first)));
  const end = isoDay(addDays(last, 7 - weekday(last)));
  const days = [start];
  while (days.at(-1) !== end) days.push(plus(days.at(-1) as string, 1));
  return days;
}

export interface Days {
  /** A day within. */
  at: string;
  span: "month" | "week";
  days: string[];
  start: string;
  end: string;
}

/** The days that are shown: on a phone those of the month alone. */
export function daysOf(list: Shown, today: string, phone: boolean): Days {
  const at = list.at ?? today;
  const span = phone ? "month" : (list.look.span ?? "month");
  const weeks = weeksOf(at, span);
  const days = phone ? weeks.filter((day) => day.slice(0, 7) === at.slice(0, 7)) : weeks;
  return { at, span, days, start: days[0] ?? at, end: days.at(-1) ?? at };
}

/** What stands beside a record's name. */
export const besideOf = ({ object, columns, by }: Shown): Column | undefined =>
  columns.find((column) => column.path !== object.title && column.path !== by?.path);

const insideOf = ({ filter, by }: Shown, { start, end }: Days): Filter | null =>
  both(filter, { field: by?.path ?? "", op: "within", value: [start, end] });

/** The records on some days. */
export function daysOptions(list: Shown, days: Days) {
  const { object, by, q } = list;
  const path = by?.path ?? "";
  const more = besideOf(list);
  const query = {
    filter: insideOf(list, days),
    q: q || undefined,
    sort: path,
    fields: askedFields(object, [path, ...(more ? [more.path] : [])]),
  };
  return queryOptions({
    queryKey: keys.list(object.name, { ...query, limit: MOST }),
    queryFn: async ({ signal }): Promise<Page> => {
      const all: Page = { data: [], next: null };
      do {
        const page = await fetchPage(object.name, { ...query, limit: 200 }, all.next, signal);
        all.data.push(...page.data);
        all.next = page.next;
      } while (all.next && all.data.length < MOST);
      return all;
    },
    staleTime: 15_000,
  });
}

/** How many there are on each. */
export const countsQuery = (list: Shown, days: Days): AggregateQuery => ({
  filter: insideOf(list, days),
  q: list.q || undefined,
  group: [{ field: list.by?.path ?? "", grain: "day" }],
  measures: [{ fn: "count", as: "n" }],
});

/** Asks for all that the calendar's first picture shows. */
export async function askDays(client: QueryClient, list: Shown, today: string, phone: boolean): Promise<void> {
  const days = daysOf(list, today, phone);
  await Promise.all([
    client.prefetchQuery(daysOptions(list, days)),
    client.prefetchQuery(aggregateOptions(list.object.name, countsQuery(list, days))),
  ]);
}
