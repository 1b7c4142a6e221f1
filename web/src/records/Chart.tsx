/** A list counted or summed by a field: bars, a line or a funnel. A press on a mark shows its records. */
import { Link } from "@tanstack/react-router";
import { ChartColumn, ChartLine, ChevronDown, Download, Filter as FunnelGlyph, Image } from "lucide-react";
import { useMemo, useRef } from "react";
import { type AggregateRow, useAggregate } from "../api/queries";
import { type FormatContext, twin, useFormatContext } from "../fields";
import { joined } from "../fields/twin";
import { useLabel, useNouns, useT } from "../i18n";
import type { Field, Grain } from "../schema/catalog";
import { both } from "../schema/filter";
import { Button, Dropdown, Empty, ErrorState, SkeletonRows } from "../ui";
import { save } from "../ui/save";
import styles from "./chart.module.css";
import type { Column } from "./columns";
import { Drawing, type DrawingHandle, type Mark } from "./Drawing";
import { groupFilter, groupWords, keyOf } from "./groups";
import { isTime, type List, narrowed } from "./list";
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
function orderOf({ field }: Column, list: List, ctx: FormatContext): Map<string, number> | undefined {
  const names = field.options.length
    ? field.options.map((option) => option.name)
    : list.by?.field.type === "stage"
      ? ctx.catalog.pipelinesOf(list.object).flatMap((pipeline) => pipeline.stages.map((stage) => stage.name))
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
  const found = useAggregate(object.name, {
    filter: time ? both(list.filter, { field: by.path, op: "is_empty", value: false }) : list.filter,
    q: list.q || undefined,
    group: [grain ? { field: by.path, grain } : by.path],
    measures: [
      { fn: "count", as: "n" },
      ...(measured.field ? [{ fn: measured.fn, field: measured.field.name, as: "value" }] : []),
    ],
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
    return figure ? joined(figure, ctx.language) : ctx.f.number(Number(value.toFixed(2)));
  };
  const marks = useMemo(
    () => marksOf(found.data ?? [], by, grain, order, list, ctx, Boolean(measured.field), currency),
    [found.data, by, grain, order, list, ctx, measured.field, currency],
  );
  const drawing = useRef<DrawingHandle>(null);
  const words = useMeasureWords(list);
  const title = words(measured);
  const name = `${title} · ${ctx.t("list.by.of", { field: ctx.label(by.field.label, by.path) })}`;
  const total = marks.reduce((sum, mark) => sum + mark.value, 0);

  if (found.isError) return <ErrorState error={found.error} retry={found.refetch} />;
  return (
    <div className={styles.chart}>
      <header className={styles.head}>
        <MeasureChoice list={list} measured={measured} />
        {measured.fn !== "avg" && <b>{say(total)}</b>}
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
        <Button
          size="small"
          type="text"
          icon={<Image />}
          onClick={() => drawing.current && save(`${name}.png`, drawing.current.image())}
        >
          {t("list.chart.image")}
        </Button>
        <Button
          size="small"
          type="text"
          icon={<Download />}
          onClick={() => save(`${name}.csv`, csv([[ctx.label(by.field.label), title], ...marks.map(cells)]))}
        >
          {t("list.chart.data")}
        </Button>
      </header>
      {found.isPending ? (
        <SkeletonRows />
      ) : marks.length === 0 ? (
        <Empty title={t("list.chart.none")} text={t("list.chart.none.text")} />
      ) : (
        <>
          <Drawing
            ref={drawing}
            marks={marks}
            shape={shape}
            say={say}
            name={name}
            onPick={(mark) => list.set(mark.go)}
          />
          <details className={styles.same}>
            <summary>{t("list.chart.table")}</summary>
            <table>
              <caption className="sr">{name}</caption>
              <thead>
                <tr>
                  <th scope="col">{ctx.label(by.field.label, by.path)}</th>
                  <th scope="col">{title}</th>
                </tr>
              </thead>
              <tbody>
                {marks.map((mark) => (
                  <tr key={mark.key}>
                    <th scope="row">
                      <Link
                        to="/o/$object"
                        params={{ object: object.name }}
                        search={{ view: list.view.id ?? list.view.name, ...mark.go }}
                      >
                        {mark.name}
                      </Link>
                    </th>
                    <td>{say(mark.value)}</td>
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
      go: { kind: "table" as const, by: undefined, filter: narrowed(list, by.path, filter) },
    };
  });
  if (order) marks.sort((a, b) => (order.get(a.key) ?? 999) - (order.get(b.key) ?? 999));
  const current = grain ? marks.findLastIndex((mark) => mark.key <= now) : -1;
  return marks.map((mark, at) => ({ ...mark, current: at === current }));
}

const cells = (mark: Mark): [string, string] => [mark.name, String(mark.value)];

const csv = (rows: string[][]): Blob => {
  const quoted = (cell: string) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
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
