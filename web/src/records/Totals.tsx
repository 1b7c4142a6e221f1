/** The pinned row: how many there are, and the sum or the mean under every column that has one. */
import { memo, useMemo } from "react";
import { type Measure, useAggregate } from "../api/queries";
import { twin, useFormatContext } from "../fields";
import { SealOf } from "../fields/Choose";
import type { Scale } from "../fields/twin";
import { useFormat, useLabel, useT } from "../i18n";
import { cx } from "../ui";
import type { Column } from "./columns";
import type { List } from "./list";
import styles from "./list.module.css";
import { sumsOf } from "./sums";

const totalOf = ({ path, field }: Column): "sum" | "avg" | undefined => {
  const { total } = twin(field);
  return total && !path.includes(".") && field.aggregates.includes(total) ? total : undefined;
};

/** What is measured of the columns, for the whole list and for each of its sections. */
export const measuresOf = (columns: Column[]): Measure[] =>
  columns.flatMap((column) => {
    const fn = totalOf(column);
    return fn ? [{ fn, field: column.path, as: column.path }] : [];
  });

export interface Figures {
  /** By path. */
  totals: Record<string, number | null> | undefined;
  scales: ReadonlyMap<string, Scale>;
}

/** The figures under a list's columns, and the units that its columns are shown in. */
export function useFigures(list: List): Figures {
  const ctx = useFormatContext();
  const { columns } = list;
  const scaled = columns.filter(({ path, field }) => twin(field).scale && !path.includes("."));
  const { data } = useAggregate(
    list.object.name,
    {
      filter: list.filter,
      q: list.q || undefined,
      as_of: list.moment,
      archived: list.archived,
      measures: [
        ...measuresOf(columns),
        ...scaled.map(({ path }) => ({ fn: "max" as const, field: path, as: `max ${path}` })),
      ],
    },
    scaled.length > 0 || columns.some(totalOf),
  );
  const totals = data?.[0]?.values;
  const scales = JSON.stringify(
    scaled.flatMap(({ path, field }) => {
      const largest = sumIn(totals, `max ${path}`, ctx.currency);
      const scale = twin(field).scale?.(largest, ctx);
      return scale ? [[path, scale]] : [];
    }),
  );
  return useMemo(() => ({ totals, scales: new Map<string, Scale>(JSON.parse(scales)) }), [totals, scales]);
}

/** A figure in one currency: alone, or beside those in others. */
export function sumIn(values: Figures["totals"], name: string, currency: string): number {
  const one = values?.[name];
  const own = values?.[`${name}_currency`] as unknown;
  const each = values?.[`${name}_by_currency`] as unknown as Record<string, number> | undefined;
  return typeof one === "number" ? (own && own !== currency ? 0 : one) : (each?.[currency] ?? 0);
}

interface FigureProps {
  column: Column;
  values: Figures["totals"];
  scale: Scale | undefined;
}

/** One figure under a column or in a section's head; amounts of several currencies one beside the other. */
export function Figure({ column, values, scale }: FigureProps) {
  const t = useT();
  const f = useFormat();
  const ctx = useFormatContext();
  const { Cell } = twin(column.field);
  const value = values?.[column.path];
  const mean = totalOf(column) === "avg";
  if (value === undefined || value === null)
    return sumsOf(values ?? undefined, column.path, ctx).map(({ text, unit, exact }, at) => (
      <span key={exact} title={exact}>
        {at > 0 && " + "}
        {text}
        <span className="unit">{unit}</span>
      </span>
    ));
  return (
    <span title={f.number(value)}>
      {mean && <small>{t("list.average")} </small>}
      <Cell
        field={column.field}
        value={mean ? Number(value.toFixed(1)) : value}
        record={values ?? undefined}
        scale={scale}
      />
    </span>
  );
}

/** How many have each of the first options: of a grade, who matters most. */
function Options({ list, column: { path, field } }: { list: List; column: Column }) {
  const f = useFormat();
  const label = useLabel();
  const { data } = useAggregate(list.object.name, {
    archived: list.archived,
    as_of: list.moment,
    filter: list.filter,
    q: list.q || undefined,
    group: [path],
    measures: [{ fn: "count", as: "n" }],
  });
  return (
    <span className={styles.counted}>
      {field.options.slice(0, 2).map((option, at) => {
        const n = data?.find((row) => row.group[path] === option.name)?.values.n;
        const word = label(option.label, option.name);
        return (
          n && (
            <span key={option.name} title={word}>
              <SealOf word={word} at={at} />
              <span className="sr">{word}</span> <b>{f.number(n)}</b>
            </span>
          )
        );
      })}
    </span>
  );
}

interface TotalsProps {
  list: List;
  figures: Figures;
  count: number | undefined;
  exact: boolean;
  template: string;
  /** After so many lines. */
  line: number;
}

export const Totals = memo(function Totals({ list, figures, count, exact, template, line }: TotalsProps) {
  const t = useT();
  const f = useFormat();
  return (
    <div className={styles.totals} role="row" aria-rowindex={line + 2} style={{ gridTemplateColumns: template }}>
      <div role="gridcell" />
      {list.columns.map((column, index) => (
        <div
          key={column.path}
          role="gridcell"
          className={cx(index > 0 && twin(column.field).align === "right" && styles.right)}
        >
          {index === 0 ? (
            count !== undefined && t("list.count", { n: f.count(exact && count, count) })
          ) : column.field.config.seal === true && exact ? (
            <Options list={list} column={column} />
          ) : (
            <Figure column={column} values={figures.totals} scale={figures.scales.get(column.path)} />
          )}
        </div>
      ))}
    </div>
  );
});
