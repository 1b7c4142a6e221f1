/** What waits for somebody: duties by their time, deals by their date and their rest. One's own, or of all one answers for. */
import { useQueries, useQuery } from "@tanstack/react-query";
import { aggregateOptions, fetchPage, keys, type ListQuery, type Page, useArrived, useCatalog } from "../api/queries";
import { type Duty, dutiesOf } from "../apps/duties";
import { addDays, isoDay, parseIsoDay } from "../fields/dates";
import { type Format, useFormat } from "../i18n";
import type { Catalog, Field, ObjectDef, RecordData } from "../schema/catalog";
import { both, type Filter } from "../schema/filter";
import { daysInStage, STALE_DAYS } from "../schema/stale";

export type Scope = "mine" | "team";

/** Something with stages, a date on which it should be decided, and an amount: a deal. */
export interface Deals {
  object: ObjectDef;
  stage: Field;
  date: Field;
  money: Field | undefined;
  /** When it was decided. */
  decided: Field | undefined;
}

export function dealsOf(catalog: Catalog): Deals | null {
  for (const object of catalog.objects) {
    const named = (name: string, type: string) => object.fields.find((one) => one.name === name && one.type === type);
    const stage = object.fields.find((one) => one.type === "stage");
    const date = named("close_date", "date");
    if (!stage || !date || !object.can.read) continue;
    const money = object.fields.find((one) => one.type === "money");
    return { object, stage, date, money, decided: named("closed_on", "date") };
  }
  return null;
}

/** Whose: one's own, or everybody's whom the server lets one see. */
export const whose = (object: ObjectDef, scope: Scope): Filter | null =>
  scope === "mine" ? { field: object.owner || "owner", op: "eq", value: "$me" } : null;

/** The server keeps beside each stage whether it is open, won or lost. */
export const kindIs = (deals: Deals, kind: "open" | "won" | "lost"): Filter => ({
  field: `${deals.stage.name}_kind`,
  op: "eq",
  value: kind,
});

export type Item =
  | { kind: "duty"; duty: Duty; row: RecordData; days: number; passed: boolean }
  | { kind: "deal"; deals: Deals; row: RecordData; days: number; rests: number | null };

export interface Agenda {
  urgent: Item[];
  today: Item[];
  /** Deals that lie still or should be decided soon. */
  worth: Item[];
  week: Item[];
  pending: boolean;
  error: unknown;
  retry: () => void;
  /** Left out of `urgent` because there are too many. */
  more: number;
}

/** The day on which a moment lies where the reader is. */
export const localDay = (value: unknown, f: Format): string =>
  new Intl.DateTimeFormat("sv-SE", { timeZone: f.locale.timezone }).format(new Date(String(value)));

const SHOWN = 60;
const SOON = 14;
const WORTH = 8;
const NEXT = 7;

export function useAgenda(scope: Scope): Agenda {
  const catalog = useCatalog();
  const f = useFormat();
  const duties = dutiesOf(catalog.objects);
  const deals = dealsOf(catalog);
  const page = (object: ObjectDef, query: ListQuery) => ({
    queryKey: keys.list(object.name, { ...query, include: "agenda" }),
    queryFn: ({ signal }: { signal: AbortSignal }) => fetchPage(object.name, query, null, signal),
    staleTime: 30_000,
  });
  const openDuty = (duty: Duty, value: Filter): ListQuery => ({
    filter: both(whose(duty.object, scope), { field: duty.state, op: "eq", value: duty.open }, value),
    sort: duty.at,
    limit: SHOWN,
  });
  const openDeal = (deals: Deals, value: Filter, sort: string): ListQuery => ({
    filter: both(whose(deals.object, scope), kindIs(deals, "open"), value),
    sort,
    limit: SHOWN,
  });
  const asked = [
    ...duties.map((duty) =>
      page(duty.object, openDuty(duty, { field: duty.at, op: "lte", value: { in_days: scope === "mine" ? NEXT : 0 } })),
    ),
    ...(deals
      ? [
          page(
            deals.object,
            openDeal(deals, { field: deals.date.name, op: "lte", value: { in_days: SOON } }, deals.date.name),
          ),
          page(
            deals.object,
            openDeal(
              deals,
              { field: `${deals.stage.name}_since`, op: "lt", value: { ago_days: STALE_DAYS } },
              deals.money ? `-${deals.money.name}` : deals.date.name,
            ),
          ),
        ]
      : []),
  ];
  const found = useQueries({ queries: asked });
  const rows = (at: number): RecordData[] => (found[at]?.data as Page | undefined)?.data ?? [];

  const now = Date.now();
  const things = duties.flatMap((duty, at) =>
    rows(at).map((row): Item & { kind: "duty" } => ({
      kind: "duty",
      duty,
      row,
      days: f.daysFromToday(localDay(row[duty.at], f)),
      passed: new Date(String(row[duty.at])).getTime() < now,
    })),
  );
  const known = new Map<string, Item & { kind: "deal" }>();
  if (deals)
    for (const row of [...rows(duties.length), ...rows(duties.length + 1)])
      known.set(row.id, {
        kind: "deal",
        deals,
        row,
        days: f.daysFromToday(String(row[deals.date.name])),
        rests: daysInStage(deals.object, row),
      });
  const all = [...known.values()];
  const late = [
    ...things.filter((one) => one.days < 0 || (one.passed && one.days === 0)),
    ...all.filter((one) => one.days < 0),
  ].sort((a, b) => a.days - b.days);
  const most = scope === "mine" ? late.length : 12;
  return {
    urgent: late.slice(0, most),
    more: Math.max(0, late.length - most),
    today: things.filter((one) => one.days === 0 && !one.passed).sort((a, b) => time(a) - time(b)),
    worth: all.filter((one) => one.days >= 0).slice(0, WORTH),
    week: things.filter((one) => one.days > 0).sort((a, b) => time(a) - time(b)),
    pending: found.some((one) => one.isPending),
    error: found.find((one) => one.error)?.error ?? null,
    retry: () => void Promise.all(found.map((one) => one.refetch())),
  };
}

const time = (item: Item & { kind: "duty" }): number => new Date(String(item.row[item.duty.at])).getTime();

/** How many of one's own things are due by today, as Today counts them: for the sidebar. */
export function useDueCount(): number {
  const enabled = useArrived();
  const catalog = useCatalog();
  const deals = dealsOf(catalog);
  const counted = (object: ObjectDef, ...filters: Filter[]) => ({
    ...aggregateOptions(object.name, {
      filter: both(whose(object, "mine"), ...filters),
      measures: [{ fn: "count", as: "n" }],
    }),
    enabled,
    staleTime: 60_000,
    meta: { told: true },
  });
  const found = useQueries({
    queries: [
      ...dutiesOf(catalog.objects).map((duty) =>
        counted(
          duty.object,
          { field: duty.state, op: "eq", value: duty.open },
          { field: duty.at, op: "lte", value: "today" },
        ),
      ),
      ...(deals
        ? [counted(deals.object, kindIs(deals, "open"), { field: deals.date.name, op: "lt", value: "today" })]
        : []),
    ],
  });
  return found.reduce((sum, { data }) => sum + (data?.[0]?.values.n ?? 0), 0);
}

/** Whether there never was anything to do, as on the first day; undefined until that is known, or while it is not asked. */
export function useFirstDay(enabled: boolean): boolean | undefined {
  const catalog = useCatalog();
  const query: ListQuery = { fields: ["id"], limit: 1 };
  const objects = new Set([...dutiesOf(catalog.objects), dealsOf(catalog)].flatMap((one) => one?.object ?? []));
  const found = useQueries({
    queries: [...objects].map(({ name }) => ({
      queryKey: keys.list(name, query),
      queryFn: ({ signal }: { signal: AbortSignal }) => fetchPage(name, query, null, signal),
      enabled,
    })),
  });
  return found.some((one) => one.isPending) ? undefined : found.every(({ data }) => data?.data.length === 0);
}

/** Whether there is more to see than one's own: one of others' says so, and is found at once among any number. */
export function useHasTeam(): boolean {
  const deals = dealsOf(useCatalog());
  const name = deals?.object.name ?? "";
  const query: ListQuery = {
    filter: { field: deals?.object.owner || "owner", op: "ne", value: "$me" },
    fields: ["id"],
    limit: 1,
  };
  const { data } = useQuery({
    queryKey: keys.list(name, query),
    queryFn: ({ signal }) => fetchPage(name, query, null, signal),
    enabled: deals !== null,
    staleTime: 30_000,
  });
  return (data?.data.length ?? 0) > 0;
}

/** The first and the last day of the month, quarter or year in which `day` lies, or of one `back` from it. */
export function period(day: string, months: 1 | 3 | 12, back = 0): { from: string; to: string } {
  const at = parseIsoDay(day) ?? { year: 2000, month: 1, day: 1 };
  const first = Math.floor((at.month - 1) / months) * months - back * months;
  const from = new Date(Date.UTC(at.year, first, 1));
  const next = new Date(Date.UTC(at.year, first + months, 1));
  const iso = (date: Date) => date.toISOString().slice(0, 10);
  return { from: iso(from), to: isoDay(addDays(parseIsoDay(iso(next)) ?? at, -1)) };
}
