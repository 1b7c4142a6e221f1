/** The pinned row: how many there are, and the sum or the mean under every column that has one. */
import { memo, useMemo } from "react";
import { type Measure, useAggregate } from "../api/queries";
import { twin, useFormatContext } from "../fields";
import type { Scale } from "../fields/twin";
import { useFormat, useLabel, useT } from "../i18n";
import { cx } from "../ui";
import type { Column, List } from "./list";
import styles from "./list.module.css";

const totalOf = ({ path, field }: Column): "sum" | "avg" | undefined => {
  const { total } = twin(field.type);
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
  const scaled = columns.filter(({ path, field }) => twin(field.type).scale && !path.includes("."));
  const { data } = useAggregate(
    list.object.name,
    {
      filter: list.filter,
      q: list.q || undefined,
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
      const scale = twin(field.type).scale?.(totals?.[`max ${path}`] ?? 0, ctx);
      return scale ? [[path, scale]] : [];
    }),
  );
  return useMemo(() => ({ totals, scales: new Map<string, Scale>(JSON.parse(scales)) }), [totals, scales]);
}

interface FigureProps {
  column: Column;
  value: number | null | undefined;
  scale: Scale | undefined;
}

/** One figure under a column or in a section's head. */
export function Figure({ column, value, scale }: FigureProps) {
  const t = useT();
  const f = useFormat();
  const { Cell } = twin(column.field.type);
  if (value === undefined || value === null) return null;
  const mean = totalOf(column) === "avg";
  return (
    <span title={f.number(value)}>
      {mean && <small>{t("list.average")} </small>}
      <Cell field={column.field} value={mean ? Number(value.toFixed(1)) : value} record={{}} scale={scale} />
    </span>
  );
}

interface TotalsProps {
  list: List;
  figures: Figures;
  count: number | undefined;
  exact: boolean;
  template: string;
}

/** How many have each of the first options: of a grade, who matters most. */
function Options({ list, column: { path, field } }: { list: List; column: Column }) {
  const f = useFormat();
  const label = useLabel();
  const { data } = useAggregate(list.object.name, {
    filter: list.filter,
    q: list.q || undefined,
    group: [path],
    measures: [{ fn: "count", as: "n" }],
  });
  const shown = field.options.slice(0, 2).flatMap((option) => {
    const n = data?.find((row) => row.group[path] === option.name)?.values.n;
    return n ? [{ ...option, n }] : [];
  });
  return shown.map((option, at) => (
    <span key={option.name}>
      {at > 0 && " · "}
      {label(option.label, option.name)} <b>{f.number(option.n)}</b>
    </span>
  ));
}

export const Totals = memo(function Totals({ list, figures, count, exact, template }: TotalsProps) {
  const t = useT();
  return (
    <div className={styles.totals} role="row" style={{ gridTemplateColumns: template }}>
      <div role="gridcell" />
      {list.columns.map((column, index) => (
        <div
          key={column.path}
          role="gridcell"
          className={cx(index > 0 && twin(column.field.type).align === "right" && styles.right)}
        >
          {index === 0 ? (
            count !== undefined && t(exact ? "list.count" : "list.count.about", { n: count })
          ) : column.field.config.seal === true && exact ? (
            <Options list={list} column={column} />
          ) : (
            <Figure column={column} value={figures.totals?.[column.path]} scale={figures.scales.get(column.path)} />
          )}
        </div>
      ))}
    </div>
  );
});
