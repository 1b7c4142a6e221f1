/** The figures beside the day's work: what is expected when, where one has to be. */
import { Link } from "@tanstack/react-router";
import { useAggregate, useCatalog } from "../api/queries";
import { addDays, isoDay, today, weekday } from "../fields/dates";
import { useFormat, useT } from "../i18n";
import { both, type Filter } from "../schema/filter";
import { cx, ErrorState } from "../ui";
import { type Agenda, type Deals, kindIs, type Scope, whose } from "./agenda";
import styles from "./today.module.css";

const MAX = 1000;

function Short({ value }: { value: number }) {
  const f = useFormat();
  const { text, unit } = f.short(value);
  return (
    <>
      {text}
      {unit && <span className="unit">{unit}</span>}
    </>
  );
}

const WEEKS = 10;
const BANDS = [80, 40, 0] as const;

/** What open deals should bring in the weeks to come, the likelier the darker. */
export function Expected({ deals, scope }: { deals: Deals; scope: Scope }) {
  const t = useT();
  const f = useFormat();
  const catalog = useCatalog();
  const now = today(f.locale.timezone);
  const monday = addDays(now, 1 - weekday(now));
  const from = isoDay(monday);
  const to = isoDay(addDays(monday, WEEKS * 7 - 1));
  const mine = both(whose(deals.object, scope), kindIs(deals, "open"));
  const measure = deals.money ? ("sum" as const) : ("count" as const);
  const { data, error, refetch } = useAggregate(deals.object.name, {
    filter: both(mine, { field: deals.date.name, op: "between", value: [from, to] }),
    group: [deals.stage.name, { field: deals.date.name, grain: "week" }],
    measures: [{ fn: measure, field: deals.money?.name, as: "sum" }],
    limit: MAX,
  });
  const { data: open } = useAggregate(deals.object.name, {
    filter: mine,
    measures: [
      { fn: "count", as: "n" },
      { fn: measure, field: deals.money?.name, as: "sum" },
    ],
  });
  if (error && !data)
    return (
      <ErrorState
        error={error}
        retry={refetch}
        title={t("shell.error.part", { part: t("shell.today.expected") })}
        small
      />
    );
  const likely = new Map(
    catalog.pipelinesOf(deals.object).flatMap((one) => one.stages.map((stage) => [stage.name, stage.probability])),
  );
  const weeks = Array.from({ length: WEEKS }, (_, at) => {
    const start = isoDay(addDays(monday, at * 7));
    const rows = (data ?? []).filter((row) => String(row.group[deals.date.name]).slice(0, 10) === start);
    const bands = BANDS.map((least, band) =>
      rows
        .filter((row) => {
          const chance = likely.get(String(row.group[deals.stage.name])) ?? 0;
          return chance >= least && (band === 0 || chance < (BANDS[band - 1] ?? 101));
        })
        .reduce((sum, row) => sum + (row.values.sum ?? 0), 0),
    );
    return { start, end: isoDay(addDays(monday, at * 7 + 6)), bands, sum: bands.reduce((a, b) => a + b, 0) };
  });
  const top = Math.max(1, ...weeks.map((week) => week.sum));
  const total = open?.[0]?.values;
  const none = total?.n === 0;
  const say = (value: number) => f.joined(f.short(value));
  return (
    <section className={styles.block}>
      <h2 className={styles.sideHead}>
        {t("shell.today.expected")}
        <small>{t("shell.today.expected.weeks", { n: WEEKS })}</small>
      </h2>
      <p className={styles.hero}>
        <b>{total ? <Short value={total.sum ?? 0} /> : " "}</b>
        <span>{total ? t("shell.today.total", { n: total.n ?? 0 }) : ""}</span>
      </p>
      {none ? (
        <p className={styles.said}>{t("shell.today.expected.none")}</p>
      ) : (
        <p className={styles.legend} aria-hidden="true">
          <i className={styles.b0} /> {t("shell.today.band.0")} <i className={styles.b1} /> {t("shell.today.band.1")}{" "}
          <i className={styles.b2} /> {t("shell.today.band.2")}
        </p>
      )}
      {!none && (
        <ol className={styles.chart}>
          {weeks.map((week, at) => (
            <li key={week.start}>
              <Link
                to="/o/$object"
                params={{ object: deals.object.name }}
                search={{
                  kind: "table",
                  filter: both(mine, {
                    field: deals.date.name,
                    op: "between",
                    value: [week.start, week.end],
                  }) as Filter,
                }}
                aria-label={t("shell.today.expected.week", { day: f.day(week.start), sum: say(week.sum) })}
                data-tip={`${f.day(week.start)} – ${f.day(week.end)}: ${say(week.sum)}`}
              >
                <svg viewBox="0 0 10 100" preserveAspectRatio="none" aria-hidden="true">
                  {week.bands.map((value, band) => {
                    const under = week.bands.slice(0, band).reduce((a, b) => a + b, 0);
                    return (
                      <rect
                        // biome-ignore lint/suspicious/noArrayIndexKey: bands have an order and nothing else
                        key={band}
                        className={styles[`b${band}`]}
                        y={100 - (100 * (under + value)) / top}
                        width="10"
                        height={Math.max(0, (100 * value) / top - (band > 0 ? 0.8 : 0))}
                      />
                    );
                  })}
                </svg>
              </Link>
              <span className={cx(at % 2 === 1 && styles.odd)}>
                {at === 0 ? t("shell.today.thisWeek") : f.dayShort(week.start)}
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

/** Today's appointments by the clock. */
export function Schedule({ agenda }: { agenda: Agenda }) {
  const t = useT();
  const f = useFormat();
  const day = [...agenda.urgent, ...agenda.today].flatMap((item) =>
    item.kind === "duty" && item.days === 0 && item.duty.at === "starts_at" ? [item] : [],
  );
  if (day.length === 0) return null;
  return (
    <section className={styles.block}>
      <h2 className={styles.sideHead}>{t("shell.today.calendar")}</h2>
      <ul className={styles.schedule}>
        {day
          .sort((a, b) => String(a.row.starts_at).localeCompare(String(b.row.starts_at)))
          .map(({ row, duty, passed }) => (
            <li key={row.id} className={cx(passed && styles.past)}>
              <time dateTime={String(row.starts_at)}>{f.time(String(row.starts_at))}</time>
              <Link to="/o/$object/$id" params={{ object: duty.object.name, id: row.id }} className="ellipsis">
                {String(row[duty.object.title] ?? "")}
              </Link>
              {"place" in row && <small className="ellipsis">{String(row.place ?? "")}</small>}
            </li>
          ))}
      </ul>
    </section>
  );
}
