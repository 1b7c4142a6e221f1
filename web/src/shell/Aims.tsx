/** Targets that run: what is reached of each, and where it should be by now; without any, what was won against the periods before. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Flag } from "lucide-react";
import { ApiError, api } from "../api/client";
import { keys, useCatalog, useMe } from "../api/queries";
import { daysBetween, parseIsoDay, today } from "../fields/dates";
import { type Format, useFormat, useLabel, useT } from "../i18n";
import type { Label, Ref } from "../schema/catalog";
import type { Filter } from "../schema/filter";
import { Button, ErrorState } from "../ui";
import { period, type Scope } from "./agenda";
import { useCreate } from "./create";
import styles from "./today.module.css";

/** As the server reckons it: what is to be reached from one day to another, what is, and what should be by today. */
export interface Aim {
  id: string | null;
  title: Label;
  measure: string;
  amount: number;
  done: number;
  by: number;
  from: string;
  to: string;
  team: Ref | null;
  money: boolean;
  object: string;
  filter: Filter;
  /** Nobody set it: it is what the period before came to. */
  before: boolean;
}

const PANELS: Record<Scope, string> = { mine: "targets", team: "team_targets" };

/** One's own targets, or those of the teams that one answers for. */
export function useAims(scope: Scope) {
  const me = useMe();
  return useQuery({
    queryKey: [...keys.records("target"), "reached", me.id, scope] as const,
    queryFn: ({ signal }) =>
      api.get<{ data: Record<string, { rows: Aim[] } | null> }>(
        `/records/user/${me.id}/panels`,
        { names: PANELS[scope] },
        signal,
      ),
    select: ({ data }) => data[PANELS[scope]]?.rows ?? [],
  });
}

/** How much of `all` is done, and a tick where it should be by now; both may be beyond it. */
export function GoalBar({ done, by, all }: { done: number; by: number; all: number }) {
  const full = Math.max(done, all) || 1;
  return (
    <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect className={styles.track} y="2" width="100" height="6" rx="0.8" />
      <rect className={styles.fill} y="2" width={(100 * done) / full} height="6" rx="0.8" />
      {all > 0 && <rect className={styles.mark} x={Math.min(99.4, (100 * by) / full)} width="0.6" height="10" />}
    </svg>
  );
}

/** The time of a target as one says it. */
function time(one: Aim, f: Format, t: ReturnType<typeof useT>): string {
  const now = f.today();
  for (const [months, words] of [
    [1, "shell.today.won.month"],
    [3, "shell.today.won.quarter"],
    [12, "shell.today.aims.year"],
  ] as const) {
    const { from, to } = period(now, months);
    if (one.from === from && one.to === to) return t(words);
  }
  return t("shell.today.aims.span", { from: f.dayShort(one.from), to: f.dayShort(one.to) });
}

/** How far one is, ahead or behind, and, as long as there are days to come, what it comes to at this pace. */
function Said({ one }: { one: Aim }) {
  const t = useT();
  const f = useFormat();
  const say = (value: number) => (one.money ? f.joined(f.short(value)) : f.number(Math.round(value)));
  const start = parseIsoDay(one.from) ?? today("UTC");
  const days = daysBetween(start, parseIsoDay(one.to) ?? start) + 1;
  const gone = daysBetween(start, parseIsoDay(f.today()) ?? start) + 1;
  const ahead = one.done - one.by;
  if (one.before) {
    if (one.amount === 0 && one.done === 0) return t("shell.today.won.none");
    if (ahead === 0) return t("shell.today.won.same");
    return t(ahead > 0 ? "shell.today.won.more" : "shell.today.won.less", { than: say(Math.abs(ahead)) });
  }
  const parts = [t("shell.today.aims.done", { n: f.number(Math.floor((100 * one.done) / (one.amount || 1))) })];
  if (one.done < one.amount) {
    const than = say(Math.abs(ahead));
    if (than !== say(0)) parts.push(t(ahead < 0 ? "shell.today.aims.behind" : "shell.today.aims.ahead", { than }));
    if (gone < days && one.done > 0) parts.push(t("shell.today.aims.pace", { sum: say((one.done * days) / gone) }));
  }
  return parts.join(t("shell.comma"));
}

/** One target; it leads to what counted. */
export function Goal({ one }: { one: Aim }) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const done = one.money ? f.short(one.done) : { text: f.number(one.done), unit: "" };
  const all = one.money ? f.short(one.amount) : { text: f.number(one.amount), unit: "" };
  return (
    <Link
      className={styles.goal}
      to="/o/$object"
      params={{ object: one.object }}
      search={{ kind: "table", filter: one.filter }}
    >
      <span className="ellipsis">
        {label(one.title, one.measure)} <small>{[time(one, f, t), one.team?.title].filter(Boolean).join(" · ")}</small>
      </span>
      <b>
        {done.text}
        {done.unit && <span className="unit">{done.unit}</span>}
        <small>/ {f.joined(all)}</small>
      </b>
      <GoalBar done={one.done} by={one.by} all={one.amount} />
      <span className={styles.said}>
        <Said one={one} />
      </span>
    </Link>
  );
}

/** The targets beside the day's work. */
export function Aims({ found: { data: aims, error, refetch } }: { found: ReturnType<typeof useAims> }) {
  const t = useT();
  const create = useCreate();
  const target = useCatalog().object("target");
  // Who may not read people is told nothing of them, and is asked for nothing.
  if (error instanceof ApiError && (error.status === 403 || error.status === 404)) return null;
  if (error && !aims)
    return (
      <ErrorState error={error} retry={refetch} title={t("shell.error.part", { part: t("shell.today.aims") })} small />
    );
  if (!aims?.length) return null;
  const set = aims.some((one) => !one.before);
  return (
    <section className={styles.block}>
      <h2 className={styles.sideHead}>
        {set ? (
          <Link to="/o/$object" params={{ object: "target" }}>
            {t("shell.today.aims")}
          </Link>
        ) : (
          t("shell.today.won")
        )}
        <small>{t(set ? "shell.today.aims.tick" : "shell.today.won.tick")}</small>
      </h2>
      {aims.map((one) => (
        <Goal key={`${one.id} ${one.measure} ${one.from} ${one.to}`} one={one} />
      ))}
      {!set && target?.can.create && (
        <Button size="small" icon={<Flag />} onClick={() => create({ object: target.name })}>
          {t("shell.today.aims.set")}
        </Button>
      )}
    </section>
  );
}
