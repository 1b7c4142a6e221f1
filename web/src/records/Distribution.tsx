/** How the values of a column lie in what the list shows but for what filters the column itself: a bar for each. */
import { type UseQueryResult, useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { type AggregateRow, aggregateOptions, useAggregate } from "../api/queries";
import { twin, useFormatContext } from "../fields";
import { isEmpty, type Scale } from "../fields/twin";
import { useFormat, useT } from "../i18n";
import { both, type Filter, same, toSentence } from "../schema/filter";
import { cx, ErrorState } from "../ui";
import { edges } from "./buckets";
import type { Column } from "./columns";
import { groupFilter, groupWords } from "./groups";
import { isTime, type List, narrowed } from "./list";
import styles from "./list.module.css";

interface Bar {
  name: string;
  n: number;
  conditions: Filter[];
}

const MOST = 6;
const MONTHS = 12;

interface DistributionProps {
  list: List;
  column: Column;
  scale: Scale | undefined;
}

export default function Distribution(props: DistributionProps) {
  const { field } = props.column;
  if (field.aggregates.includes("sum")) return <Spans {...props} />;
  if (field.groupable && !field.unique) return <Values {...props} />;
  return <Filled {...props} />;
}

/** The commonest values, or the latest months. */
function Values(props: DistributionProps) {
  const { list, column } = props;
  const { path, field } = column;
  const ctx = useFormatContext();
  const grain = isTime(field) ? ("month" as const) : undefined;
  const found = useAggregate(list.object.name, {
    filter: grain ? narrowed(list, path, { field: path, op: "is_empty", value: false }) : narrowed(list, path),
    q: list.q || undefined,
    archived: list.archived,
    group: [grain ? { field: path, grain } : path],
    measures: [{ fn: "count", as: "n" }],
    sort: grain ? `-${path}` : "-n",
    limit: grain ? MONTHS : MOST,
  });
  const { data } = found;
  if (!grain && data?.length === MOST && data.every(({ values }) => values.n === 1)) return <Filled {...props} />;
  const bars = (grain ? [...(data ?? [])].reverse() : (data ?? [])).map(({ group, values }) => ({
    name: groupWords(ctx, field, group[path], grain),
    n: values.n ?? 0,
    conditions: [groupFilter(ctx.catalog, path, field, group[path], grain)],
  }));
  return <Bars list={list} path={path} bars={bars} upright={grain !== undefined} of={[found]} />;
}

/** Figures in spans with round edges. */
function Spans({ list, column: { path, field }, scale }: DistributionProps) {
  const t = useT();
  const ctx = useFormatContext();
  const base = { filter: narrowed(list, path), q: list.q || undefined, archived: list.archived };
  const ends = useAggregate(list.object.name, {
    ...base,
    measures: (["min", "max", "median"] as const).map((fn) => ({ fn, field: path, as: fn })),
  });
  const { min, max, median } = ends.data?.[0]?.values ?? {};
  const cuts = useMemo(() => (isEmpty(min) || isEmpty(max) ? [] : edges(Number(min), Number(max))), [min, max]);
  const spans = cuts.slice(0, -1).map((from, at) => ({ from, to: cuts[at + 1] as number }));
  const conditions = ({ from, to }: { from: number; to: number }): Filter[] => [
    { field: path, op: "gte", value: from },
    { field: path, op: "lt", value: to },
  ];
  const counts = useQueries({
    queries: spans.map((span) =>
      aggregateOptions(list.object.name, {
        ...base,
        filter: both(base.filter, ...conditions(span)),
        measures: [{ fn: "count", as: "n" }],
      }),
    ),
  });
  const { format, figure } = twin(field);
  const say = (n: number) => {
    if (scale) return `${ctx.f.number(Number((n / scale.size).toFixed(1)))}`;
    const found = figure?.(n, field, ctx);
    return found ? ctx.f.joined(found) : format(n, field, ctx);
  };
  const bars = spans.map((span, at) => ({
    name: `${say(span.from)} – ${say(span.to)}${scale ? ` ${scale.unit}` : ""}`,
    n: counts[at]?.data?.[0]?.values.n ?? 0,
    conditions: conditions(span),
  }));
  return (
    <Bars
      list={list}
      path={path}
      bars={bars}
      upright
      of={[ends, ...counts]}
      note={
        isEmpty(median) ? undefined : t("list.median", { n: say(Number(median)) + (scale ? ` ${scale.unit}` : "") })
      }
      ends={cuts.length > 1 ? [say(cuts[0] as number), say(cuts.at(-1) as number)] : undefined}
    />
  );
}

/** Of values that are all different only whether they are there. */
function Filled({ list, column: { path } }: DistributionProps) {
  const t = useT();
  const found = useAggregate(list.object.name, {
    filter: narrowed(list, path),
    q: list.q || undefined,
    archived: list.archived,
    measures: [
      { fn: "count", as: "n" },
      { fn: "count", field: path, as: "filled" },
    ],
  });
  const { n = 0, filled = 0 } = found.data?.[0]?.values ?? {};
  const bar = (name: string, count: number, empty: boolean): Bar => ({
    name,
    n: count,
    conditions: [{ field: path, op: "is_empty", value: empty }],
  });
  const bars = [bar(t("list.filled"), filled ?? 0, false), bar(t("list.group.empty"), (n ?? 0) - (filled ?? 0), true)];
  return <Bars list={list} path={path} bars={found.data ? bars : []} of={[found]} />;
}

interface BarsProps {
  list: List;
  path: string;
  bars: Bar[];
  /** What they are drawn from. */
  of: Pick<UseQueryResult<AggregateRow[]>, "data" | "isPending" | "isError" | "error" | "refetch">[];
  upright?: boolean;
  note?: string;
  ends?: [string, string];
}

function Bars({ list, path, bars, of, upright, note, ends }: BarsProps) {
  const t = useT();
  const f = useFormat();
  const { parts } = toSentence(list.filter);
  const most = Math.max(1, ...bars.map((bar) => bar.n));
  const [first, last] = [bars[0]?.name, bars.at(-1)?.name];
  const failed = of.filter((one) => one.isError && !one.data);
  if (failed[0])
    return (
      <ErrorState
        error={failed[0].error}
        title={t("shell.error.part", { part: t("list.distribution") })}
        retry={() => void Promise.all(failed.map((one) => one.refetch()))}
        small
      />
    );
  return (
    <div
      role="group"
      className={styles.distribution}
      aria-busy={of.some((one) => one.isPending)}
      aria-label={t("list.distribution")}
    >
      <header>
        <span>{t("list.distribution")}</span>
        {note && <span>{note}</span>}
      </header>
      <div className={cx(styles.bars, upright && styles.upright)}>
        {bars
          .map((bar) => ({ ...bar, on: bar.conditions.every((one) => parts.some((part) => same(part, one))) }))
          .map((bar) => (
            <button
              key={bar.name}
              type="button"
              tabIndex={-1}
              role="menuitemcheckbox"
              aria-checked={bar.on}
              data-tip={upright ? `${bar.name}: ${f.number(bar.n)}` : undefined}
              aria-label={`${bar.name}: ${f.number(bar.n)}`}
              disabled={bar.n === 0}
              onClick={() => list.set({ filter: narrowed(list, path, ...(bar.on ? [] : bar.conditions)) })}
            >
              {/* First, so that the words stand on it. */}
              <i style={{ [upright ? "height" : "width"]: `${Math.round((bar.n / most) * 100)}%` }} />
              {!upright && <span className="ellipsis">{bar.name}</span>}
              {!upright && <small>{f.number(bar.n)}</small>}
            </button>
          ))}
      </div>
      {upright && first && (
        <footer>
          <span>{ends?.[0] ?? first}</span>
          {bars.length > 1 && <span>{ends?.[1] ?? last}</span>}
        </footer>
      )}
    </div>
  );
}
