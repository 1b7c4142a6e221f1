/** What this person should do now, and why: their tasks, the deals that close soon, and where the pipeline stands. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check, Plus } from "lucide-react";
import { useState } from "react";
import { fetchPage, keys, type ListQuery, useAggregate, useCatalog } from "../api/queries";
import { useWrites } from "../api/writes";
import { slots } from "../apps/slots";
import { useFormat, useLabel, useT } from "../i18n";
import { type Field, type ObjectDef, type RecordData, type Ref, stagesOf, titleOf } from "../schema/catalog";
import type { Filter } from "../schema/filter";
import { Avatar, Button, cx, Empty, ErrorState, SkeletonRows, useTitle } from "../ui";
import { useCreate } from "./create";
import styles from "./today.module.css";

const SHOWN = 50;

function useSome(object: ObjectDef | undefined, query: ListQuery) {
  return useQuery({
    queryKey: keys.list(object?.name ?? "", { ...query, include: "today" }),
    queryFn: ({ signal }) => fetchPage(object?.name ?? "", query, null, signal),
    enabled: object !== undefined,
    staleTime: 30_000,
  });
}

const field = (object: ObjectDef | undefined, test: (field: Field) => boolean): Field | undefined =>
  object?.fields.find(test);

export default function Today() {
  const t = useT();
  const f = useFormat();
  const catalog = useCatalog();
  const create = useCreate();
  const task = catalog.object("task");
  const deal = catalog.object("opportunity");
  useTitle(t("shell.area.today"));

  const open: Filter[] = [
    { field: task?.owner || "owner", op: "eq", value: "$me" },
    { field: "status", op: "eq", value: "open" },
  ];
  const due = field(task, (one) => one.name === "due_at" || one.name === "due_on" || one.name === "due_date");
  const tasks = useSome(due ? task : undefined, {
    filter: { and: [...open, { field: due?.name ?? "", op: "within", value: { next_days: 7 } }] },
    sort: due?.name,
    limit: SHOWN,
  });
  const late = useSome(due ? task : undefined, {
    filter: { and: [...open, { field: due?.name ?? "", op: "lt", value: "today" }] },
    sort: due?.name,
    limit: SHOWN,
  });
  const closing = useClosing(deal);

  const day = (row: RecordData) => {
    const value = String(row[due?.name ?? ""] ?? "");
    return value.length > 10 ? f.daysFromToday(localDay(value, f.locale.timezone)) : f.daysFromToday(value);
  };
  const overdue = late.data?.data ?? [];
  const known = new Set(overdue.map((row) => row.id));
  const coming = (tasks.data?.data ?? []).filter((row) => !known.has(row.id));
  const now = coming.filter((row) => day(row) <= 0);
  const week = coming.filter((row) => day(row) > 0);
  const lateDeals = (closing.data?.data ?? []).filter((row) => dealDays(row, closing.date, f) < 0);
  const soonDeals = (closing.data?.data ?? []).filter((row) => dealDays(row, closing.date, f) >= 0);
  const urgent = overdue.length + lateDeals.length;
  const total = urgent + now.length;
  const pending = (task && tasks.isPending && due) || (deal && closing.isPending && closing.date);
  const nothing = !pending && overdue.length + coming.length + lateDeals.length + soonDeals.length === 0;
  const failed = tasks.error ?? late.error;

  return (
    <div className={styles.today}>
      <section className={styles.work}>
        <header className={styles.head}>
          <div>
            <p>{t("shell.today.date", { day: f.day(f.today()), weekday: f.weekday(f.today()) })}</p>
            <h1>
              {pending ? " " : total ? t("shell.today.answer", { n: total }) : t("shell.today.none")}
              {!pending && urgent > 0 && total > 0 && (
                <>
                  {t("shell.comma")}
                  {urgent === total ? t("shell.today.wait.all", { n: urgent }) : t("shell.today.wait", { n: urgent })}
                </>
              )}
            </h1>
          </div>
          {task?.can.create && (
            <Button type="primary" icon={<Plus />} onClick={() => create({ object: "task" })}>
              {t("shell.today.newTask")}
            </Button>
          )}
        </header>
        {failed && <ErrorState error={failed} retry={() => void Promise.all([tasks.refetch(), late.refetch()])} />}
        {pending && !failed && <SkeletonRows rows={6} height={64} />}
        {nothing && !failed && <Empty title={t("shell.today.none.title")} text={t("shell.today.none.text")} />}
        <Group title={t("shell.today.overdue")} n={urgent} why={t("shell.today.overdue.why")}>
          {task &&
            overdue.map((row) => (
              <Task key={row.id} object={task} row={row} days={day(row)} at={row[due?.name ?? ""]} />
            ))}
          {deal && lateDeals.map((row) => <Deal key={row.id} object={deal} row={row} closing={closing} />)}
        </Group>
        <Group title={t("shell.today.due")} n={now.length}>
          {task &&
            now.map((row) => <Task key={row.id} object={task} row={row} days={day(row)} at={row[due?.name ?? ""]} />)}
        </Group>
        <Group title={t("shell.today.closing")} n={soonDeals.length} why={t("shell.today.closing.why")}>
          {deal && soonDeals.map((row) => <Deal key={row.id} object={deal} row={row} closing={closing} />)}
        </Group>
        <Group title={t("shell.today.week")} n={week.length}>
          {task &&
            week.map((row) => <Task key={row.id} object={task} row={row} days={day(row)} at={row[due?.name ?? ""]} />)}
        </Group>
      </section>
      <aside className={styles.side}>
        {deal && <PipelineFigure object={deal} />}
        {slots("today.panel", "").map(({ component: Panel }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: registered once, in order
          <Panel key={at} object="" />
        ))}
      </aside>
    </div>
  );
}

const localDay = (value: string, timeZone: string): string =>
  new Intl.DateTimeFormat("sv-SE", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(
    new Date(value),
  );

function Group({ title, n, why, children }: { title: string; n: number; why?: string; children: React.ReactNode }) {
  const f = useFormat();
  if (!n) return null;
  return (
    <section className={styles.group}>
      <h2>
        {title} <small>{f.number(n)}</small>
        <span className="spring" />
        {why && <small>{why}</small>}
      </h2>
      <ul>{children}</ul>
    </section>
  );
}

function useWhen() {
  const t = useT();
  return (days: number) =>
    days < 0
      ? t("shell.today.late", { n: -days })
      : days === 0
        ? t("shell.today.today")
        : t("shell.today.in", { n: days });
}

function Task({ object, row, days, at }: { object: ObjectDef; row: RecordData; days: number; at: unknown }) {
  const t = useT();
  const f = useFormat();
  const when = useWhen();
  const { update } = useWrites(object.name);
  const [done, setDone] = useState(false);
  const title = titleOf(object, row);
  const about = row.about as Ref | null | undefined;
  const finish = () => {
    setDone(true);
    update(row.id, { status: "done" }, { done: t("shell.today.done", { title }) }).catch(() => setDone(false));
  };
  return (
    <li className={cx(styles.item, done && styles.done)}>
      <button
        type="button"
        className={styles.tick}
        onClick={finish}
        disabled={done || !object.can.update}
        aria-label={t("shell.today.finish", { title })}
      >
        {done && <Check />}
      </button>
      <span className={styles.what}>
        <Link to="/o/$object/$id" params={{ object: object.name, id: row.id }} className="ellipsis">
          {title}
        </Link>
        {about?.title && about.object && (
          <Link
            to="/o/$object/$id"
            params={{ object: about.object, id: about.id }}
            className={cx(styles.about, "ellipsis")}
          >
            {about.title}
          </Link>
        )}
      </span>
      <span className={styles.when}>
        <b className={cx(days < 0 && styles.late)}>{when(days)}</b>
        <small>
          {typeof at === "string" &&
            (days === 0 && at.length > 10 ? f.time(at) : at.length > 10 ? f.datetime(at) : f.day(at))}
        </small>
      </span>
    </li>
  );
}

interface Closing {
  date: Field | undefined;
  stage: Field | undefined;
  money: Field | undefined;
}

/** My open deals whose date is near, or gone by. */
function useClosing(deal: ObjectDef | undefined) {
  const date = field(deal, (one) => one.type === "date" && one.name === "close_date");
  const stage = field(deal, (one) => one.type === "stage");
  const money = field(deal, (one) => one.type === "money");
  const filter: Filter = {
    and: [
      { field: deal?.owner || "owner", op: "eq", value: "$me" },
      ...(deal && stage ? [openDeals(stage)] : []),
      { field: date?.name ?? "", op: "lte", value: { in_days: 30 } },
    ],
  };
  const found = useSome(date ? deal : undefined, { filter, sort: date?.name, limit: SHOWN });
  return { date, stage, money, data: found.data, isPending: found.isPending, error: found.error };
}

/** The server keeps beside each stage whether it is open, won or lost. */
function openDeals(stage: Field): Filter {
  return { field: `${stage.name}_kind`, op: "eq", value: "open" };
}

const dealDays = (row: RecordData, date: Field | undefined, f: ReturnType<typeof useFormat>): number =>
  f.daysFromToday(String(row[date?.name ?? ""] ?? f.today()));

function Deal({ object, row, closing }: { object: ObjectDef; row: RecordData; closing: Closing }) {
  const f = useFormat();
  const when = useWhen();
  const label = useLabel();
  const catalog = useCatalog();
  const title = titleOf(object, row);
  const days = dealDays(row, closing.date, f);
  const account = row.account as Ref | null | undefined;
  const stage = catalog
    .pipelinesOf(object)
    .flatMap((pipeline) => pipeline.stages)
    .find((one) => one.name === row[closing.stage?.name ?? ""]);
  const amount = Number(row[closing.money?.name ?? ""] ?? Number.NaN);
  const short = f.short(amount);
  return (
    <li className={styles.item}>
      <Avatar name={account?.title || title} id={account?.id ?? row.id} size={28} square />
      <span className={styles.what}>
        <Link to="/o/$object/$id" params={{ object: object.name, id: row.id }} className="ellipsis">
          {title}
        </Link>
        <span className={cx(styles.about, "ellipsis")}>
          {[account?.title, label(stage?.label)].filter(Boolean).join(" · ")}
        </span>
      </span>
      <span className={styles.when}>
        {Number.isFinite(amount) && (
          <b>
            {short.text}
            <span className="unit">{short.unit}</span>
          </b>
        )}
        <small className={cx(days < 0 && styles.late)}>{when(days)}</small>
      </span>
    </li>
  );
}

/** My open pipeline, stage by stage: bars drawn by the style sheet, each a way to its records. */
function PipelineFigure({ object }: { object: ObjectDef }) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const stage = field(object, (one) => one.type === "stage");
  const money = field(object, (one) => one.type === "money");
  const mine: Filter = { field: object.owner || "owner", op: "eq", value: "$me" };
  const filter: Filter | null = stage ? { and: [mine, openDeals(stage)] } : mine;
  const { data, isPending, error, refetch } = useAggregate(
    object.name,
    {
      filter,
      group: [stage?.name ?? ""],
      measures: [{ fn: "count", as: "n" }, ...(money ? [{ fn: "sum" as const, field: money.name, as: "sum" }] : [])],
    },
    stage !== undefined,
  );
  const stages = catalog
    .pipelinesOf(object)
    .flatMap((pipeline) => stagesOf(catalog, object, pipeline.name).filter((one) => one.kind === "open"));
  const rows = stages
    .filter((one, at) => stages.findIndex((other) => other.name === one.name) === at)
    .map((one) => ({ stage: one, values: data?.find((row) => row.group[stage?.name ?? ""] === one.name)?.values }))
    .filter(({ values }) => values?.n);
  const most = Math.max(1, ...rows.map(({ values }) => values?.sum ?? values?.n ?? 0));
  const total = rows.reduce((sum, { values }) => sum + (values?.sum ?? 0), 0);
  const count = rows.reduce((sum, { values }) => sum + (values?.n ?? 0), 0);
  const short = f.short(total);
  if (error) return <ErrorState error={error} retry={refetch} />;
  return (
    <section>
      <h2 className={styles.sideHead}>
        {t("shell.today.pipeline")}
        <small>{t("shell.today.pipeline.mine", { currency: catalog.workspace.currency })}</small>
      </h2>
      {isPending && <SkeletonRows rows={4} height={36} />}
      {!isPending && rows.length === 0 && <p className={styles.quiet}>{t("shell.today.pipeline.none")}</p>}
      {rows.length > 0 && (
        <>
          <p className={styles.hero}>
            <b>
              {short.text}
              <span className="unit">{short.unit}</span>
            </b>
            <span>{t("shell.today.total", { n: count })}</span>
          </p>
          <ul className={styles.bars}>
            {rows.map(({ stage: one, values }) => {
              const value = f.short(values?.sum ?? 0);
              return (
                <li key={one.name}>
                  <Link
                    to="/o/$object"
                    params={{ object: object.name }}
                    search={{
                      kind: "table",
                      filter: {
                        and: [
                          { field: object.owner, op: "eq", value: "$me" },
                          { field: stage?.name ?? "", op: "eq", value: one.name },
                        ],
                      },
                    }}
                  >
                    <span>{label(one.label, one.name)}</span>
                    <small>{f.number(values?.n ?? 0)}</small>
                    <b>
                      {value.text}
                      <span className="unit">{value.unit}</span>
                    </b>
                    <i>
                      <i style={{ width: `${Math.max(1, (100 * (values?.sum ?? values?.n ?? 0)) / most)}%` }} />
                    </i>
                  </Link>
                </li>
              );
            })}
          </ul>
        </>
      )}
    </section>
  );
}
