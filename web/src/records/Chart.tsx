/** A list counted or summed by a field: bars, a line or a funnel. A press on a mark shows its records. */
import { Link } from "@tanstack/react-router";
import { ChartColumn, ChartLine, ChevronDown, Download, Filter as FunnelGlyph, Image } from "lucide-react";
import { type ReactNode, useMemo, useRef } from "react";
import { type AggregateRow, useAggregate } from "../api/queries";
import { type FormatContext, twin, useFormatContext } from "../fields";
import { useLabel, useNouns, useT } from "../i18n";
import type { Field, Grain } from "../schema/catalog";
import { both, type Filter } from "../schema/filter";
import { Button, Dropdown, ErrorState, IconButton, Nothing, SkeletonRows, usePhone } from "../ui";
import { save } from "../ui/save";
import styles from "./chart.module.css";
import type { Column } from "./columns";
import { Drawing, type DrawingHandle, type Mark, type Series } from "./Drawing";
import { groupFilter, groupWords, keyOf } from "./groups";
import { isTime, type List, narrowed } from "./list";
import { partsOf } from "./series";
import type { ListSearch } from "./state";
import { Grains } from "./Tools";
import { sumIn } from "./Totals";

/** Marks of values that have no order of their own: the largest of them. */
const MOST = 30;
const SHAPES = { bar: ChartColumn, line: ChartLine, funnel: FunnelGlyph } as const;
type Shape = keyof typeof SHAPES;

interface Measured {
  fn: "count" | "sum" | "avg";
  field: Field | undefined;
}

/** What is shown: the number of records, or the sum or mean of a field. */
function measuredOf({ look, sum }: List): Measured {
  const fn = look.fn ?? (sum ? "sum" : "count");
  return fn === "count" || !sum ? { fn: "count", field: undefined } : { fn, field: sum };
}

/** The places of values that have an order of their own: options, stages. */
function orderOf({ field }: Column, { object }: List, ctx: FormatContext): Map<string, number> | undefined {
  const names = field.options.length
    ? field.options.map((option) => option.name)
    : field.type === "stage"
      ? ctx.catalog.pipelinesOf(object).flatMap((pipeline) => pipeline.stages.map((stage) => stage.name))
      : [];
  return names.length ? new Map([...new Set(names)].map((name, at) => [name, at])) : undefined;
}

export default function Chart({ list }: { list: List }) {
  const t = useT();
  const ctx = useFormatContext();
  const { object } = list;
  const by = list.by as Column;
  const time = isTime(by.field);
  const grain: Grain | undefined = time ? (list.look.grain ?? "month") : undefined;
  const shape: Shape = list.look.shape ?? (time ? "line" : "bar");
  const measured = measuredOf(list);
  const order = useMemo(() => orderOf(by, list, ctx), [by, list, ctx]);
  // Means do not add up, and a funnel is one figure a step.
  const split = measured.fn !== "avg" && shape !== "funnel" ? list.split : undefined;
  const asked = {
    filter: time ? both(list.filter, { field: by.path, op: "is_empty", value: false }) : list.filter,
    q: list.q || undefined,
    measures: [
      { fn: "count" as const, as: "n" },
      ...(measured.field ? [{ fn: measured.fn, field: measured.field.name, as: "value" }] : []),
    ],
  };
  const first = grain ? { field: by.path, grain } : by.path;
  const pairs = useAggregate(object.name, { ...asked, group: [first, split?.path ?? ""], limit: 4000 }, Boolean(split));
  const found = useAggregate(object.name, {
    ...asked,
    group: [first],
    sort: time || order ? undefined : measured.field ? "-value" : "-n",
    limit: time ? 400 : order ? 200 : MOST,
  });
  // Amounts of several currencies are no sum: those in the workspace's own are drawn.
  const currencies = new Set(found.data?.flatMap(({ values }) => Object.keys(currenciesOf(values))));
  const [only] = currencies;
  const currency = currencies.size === 1 && only ? only : ctx.currency;
  const say = (value: number): string => {
    if (!measured.field) return ctx.f.number(value);
    const figure = twin(measured.field).figure?.(value, measured.field, ctx, {
      [`${measured.field.name}_currency`]: currency,
    });
    return figure ? ctx.f.joined(figure) : ctx.f.number(Number(value.toFixed(2)));
  };
  const marks = useMemo(
    () => marksOf(found.data ?? [], by, grain, order, list, ctx, Boolean(measured.field), currency),
    [found.data, by, grain, order, list, ctx, measured.field, currency],
  );
  const splitOrder = useMemo(() => split && orderOf(split, list, ctx), [split, list, ctx]);
  const series: Series[] = useMemo(() => {
    if (!split || !pairs.data) return [];
    const figure = ({ values }: AggregateRow) => (measured.field ? sumIn(values, "value", currency) : (values.n ?? 0));
    return partsOf(pairs.data, by.path, split.path, marks, figure, splitOrder).map(({ key, value, values, total }) => {
      const rest = value === undefined;
      const filter = groupFilter(ctx.catalog, split.path, split.field, value);
      const within = (at: Filter | null | undefined) =>
        rest ? at : narrowed({ ...list, filter: at ?? null }, split.path, filter);
      return {
        key,
        name: rest ? ctx.t("list.chart.rest") : groupWords(ctx, split.field, value),
        rest,
        values,
        total,
        all: { kind: "table" as const, by: undefined, split: undefined, filter: within(list.filter) },
        go: marks.map((mark) => ({ ...mark.go, filter: within(mark.go.filter) })),
      };
    });
  }, [split, pairs.data, by, marks, measured.field, currency, splitOrder, list, ctx]);
  const drawing = useRef<DrawingHandle>(null);
  const words = useMeasureWords(list);
  const title = words(measured);
  const name = [
    title,
    t("list.by.of", { field: ctx.label(by.field.label, by.path) }),
    split && t("list.split.of", { field: ctx.label(split.field.label, split.path) }),
  ]
    .filter(Boolean)
    .join(" · ");
  const total = marks.reduce((sum, mark) => sum + mark.value, 0);

  if (found.isLoadingError) return <ErrorState error={found.error} retry={found.refetch} />;
  return (
    <div className={styles.chart}>
      <header className={styles.head}>
        <MeasureChoice list={list} measured={measured} />
        {measured.fn !== "avg" && found.data && <b>{say(total)}</b>}
        {currencies.size > 1 && <span>{t("list.chart.currency", { currency })}</span>}
        <span className="spring" />
        {time && <Grains list={list} />}
        <div className={styles.shapes} role="group" aria-label={t("list.chart.shape")}>
          {(Object.keys(SHAPES) as Shape[]).map((one) => {
            const Glyph = SHAPES[one];
            return (
              <button
                key={one}
                type="button"
                aria-pressed={one === shape}
                aria-label={t(`list.chart.${one}`)}
                data-tip={t(`list.chart.${one}`)}
                onClick={() => list.set({ shape: one }, true)}
              >
                <Glyph />
              </button>
            );
          })}
        </div>
        <Keep
          icon={<Image />}
          label={t("list.chart.image")}
          onClick={() => drawing.current && save(`${name}.png`, drawing.current.image())}
        />
        <Keep
          icon={<Download />}
          label={t("list.chart.data")}
          onClick={() =>
            save(
              `${name}.csv`,
              csv([
                [ctx.label(by.field.label), title, ...series.map((part) => part.name)],
                ...marks.map((mark, at) => [mark.name, mark.value, ...series.map(({ values }) => values[at] ?? 0)]),
              ]),
            )
          }
        />
      </header>
      {series.length > 0 && (
        <ul className={styles.legend} aria-label={t("list.split")}>
          {series.map((part, at) => (
            <li key={part.key}>
              <Way list={list} go={part.all}>
                <svg aria-hidden="true">
                  <rect width="10" height="10" rx="3" fill={`var(--${part.rest ? "c7" : `c${at + 1}`})`} />
                </svg>
                {part.name} <b>{say(part.total)}</b>
              </Way>
            </li>
          ))}
        </ul>
      )}
      {found.isPending || (split && pairs.isPending) ? (
        <SkeletonRows shape="bars" />
      ) : marks.length === 0 ? (
        <Nothing of="list.chart.none" />
      ) : (
        <>
          <Drawing
            ref={drawing}
            marks={marks}
            series={series}
            shape={shape}
            say={say}
            name={name}
            onPick={(mark, part) => list.set(series[part]?.go[marks.indexOf(mark)] ?? mark.go)}
          />
          <details
            className={styles.same}
            onToggle={({ currentTarget: at }) => at.open && at.scrollIntoView({ block: "nearest" })}
          >
            <summary>{t("list.chart.table")}</summary>
            <table>
              <caption className="sr">{name}</caption>
              <thead>
                <tr>
                  <th scope="col">{ctx.label(by.field.label, by.path)}</th>
                  <th scope="col">{title}</th>
                  {series.map((part) => (
                    <th key={part.key} scope="col">
                      {part.name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {marks.map((mark, at) => (
                  <tr key={mark.key}>
                    <th scope="row">
                      <Way list={list} go={mark.go}>
                        {mark.name}
                      </Way>
                    </th>
                    <td>{say(mark.value)}</td>
                    {series.map((part) => (
                      <td key={part.key}>
                        {part.values[at] ? (
                          <Way list={list} go={part.go[at]}>
                            {say(part.values[at])}
                          </Way>
                        ) : (
                          "—"
                        )}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </details>
        </>
      )}
    </div>
  );
}

/** What keeps the picture or what it is made of; on a phone its sign, as the head has no room for words. */
function Keep({ label, ...act }: { icon: ReactNode; label: string; onClick: () => void }) {
  if (usePhone()) return <IconButton {...act} label={label} />;
  return (
    <Button size="small" type="text" {...act}>
      {label}
    </Button>
  );
}

/** To the records behind a figure. */
function Way({ list, go, children }: { list: List; go: ListSearch | undefined; children: ReactNode }) {
  return (
    <Link
      to="/o/$object"
      params={{ object: list.object.name }}
      search={{ view: list.view.id ?? list.view.name, ...go }}
    >
      {children}
    </Link>
  );
}

/** The currencies of a figure. */
function currenciesOf(values: AggregateRow["values"]): Record<string, unknown> {
  const { value_currency: one, value_by_currency: each } = values as Record<string, unknown>;
  return each ? (each as Record<string, unknown>) : one ? { [String(one)]: true } : {};
}

function marksOf(
  rows: AggregateRow[],
  by: Column,
  grain: Grain | undefined,
  order: Map<string, number> | undefined,
  list: List,
  ctx: FormatContext,
  measured: boolean,
  currency: string,
): Mark[] {
  const now = ctx.f.today();
  const marks = rows.map(({ group, values }) => {
    const value = group[by.path];
    const filter = groupFilter(ctx.catalog, by.path, by.field, value, grain);
    return {
      key: keyOf(value),
      name: groupWords(ctx, by.field, value, grain),
      value: measured ? sumIn(values, "value", currency) : (values.n ?? 0),
      n: values.n ?? 0,
      go: { kind: "table" as const, by: undefined, split: undefined, filter: narrowed(list, by.path, filter) },
    };
  });
  if (order) marks.sort((a, b) => (order.get(a.key) ?? 999) - (order.get(b.key) ?? 999));
  const current = grain ? marks.findLastIndex((mark) => mark.key <= now) : -1;
  return marks.map((mark, at) => ({ ...mark, current: at === current }));
}

const csv = (rows: (string | number)[][]): Blob => {
  const quoted = (cell: string | number) =>
    /[",\n]/.test(String(cell)) ? `"${String(cell).replaceAll('"', '""')}"` : String(cell);
  // Spreadsheets take a file for what it is when it begins with a mark.
  return new Blob([`\uFEFF${rows.map((row) => row.map(quoted).join(",")).join("\r\n")}\r\n`], { type: "text/csv" });
};

function useMeasureWords(list: List): (measured: Measured) => string {
  const t = useT();
  const label = useLabel();
  const { many } = useNouns(list.object);
  return ({ fn, field }) =>
    fn === "count" || !field
      ? t("list.chart.count", { objects: many })
      : t(`list.chart.${fn}`, { field: label(field.label, field.name) });
}

function MeasureChoice({ list, measured }: { list: List; measured: Measured }) {
  const t = useT();
  const words = useMeasureWords(list);
  const fields = list.object.fields.filter((field) => !field.of && !field.system && field.aggregates.includes("sum"));
  const choices: Measured[] = [
    { fn: "count", field: undefined },
    ...fields.flatMap((field): Measured[] => {
      const { total } = twin(field);
      return total === "avg"
        ? [{ fn: "avg", field }]
        : [
            { fn: "sum", field },
            { fn: "avg", field },
          ];
    }),
  ];
  const keyOfChoice = ({ fn, field }: Measured) => `${fn} ${field?.name ?? ""}`;
  return (
    <Dropdown
      label={t("list.chart.measure")}
      menu={{
        selectedKeys: [keyOfChoice(measured)],
        items: choices.map((choice) => ({
          key: keyOfChoice(choice),
          label: words(choice),
          onClick: () => list.set({ fn: choice.fn, ...(choice.field && { sum: choice.field.name }) }, true),
        })),
      }}
    >
      <button type="button" className={styles.measure}>
        {words(measured)}
        <ChevronDown />
      </button>
    </Dropdown>
  );
}
