/** What became of a list between two moments: the bridge from the sums then to the sums later, and each record that came, went or changed. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "../api/client";
import { keys } from "../api/queries";
import { isEmpty, twin, useFormatContext } from "../fields";
import { DateInput } from "../fields/DateEntry";
import type { Ref } from "../schema/catalog";
import { Badge, Button, ErrorState, SkeletonRows, usePhone } from "../ui";
import { Drawer } from "../ui/antd";
import styles from "./Compare.module.css";
import history from "./History.module.css";
import type { List } from "./list";
import { summed, sumsOf } from "./sums";
import { changesOf } from "./Timeline";

const STEPS = ["before", "new", "gone", "changed", "after"] as const;
const TONES = { new: "ok", gone: "danger", changed: "info" } as const;

/** From a figure then to the same later; what went counts below nothing. */
export type Bridge = Record<(typeof STEPS)[number], number>;

export interface Summary {
  count: Bridge;
  /** By field, then by currency; of what is no amount under the empty one. */
  sums: Record<string, Record<string, Bridge>>;
}

interface Change {
  kind: keyof typeof TONES;
  id: string;
  title: string | null;
  at: string;
  actor: Ref | null;
  changes: Record<string, [unknown, unknown]>;
}

interface ChangesPage {
  data: Change[];
  next: string | null;
  summary?: Summary;
}

function BridgeTable({ list, summary }: { list: List; summary: Summary }) {
  const ctx = useFormatContext();
  const { t, f } = ctx;
  const rows: [string, string, Bridge, string][] = [["", t("list.compare.records"), summary.count, ""]];
  for (const { path, field } of summed(list)) {
    const units = Object.entries(summary.sums[path] ?? {});
    for (const [unit, bridge] of units) {
      const name = ctx.label(field.label, path);
      rows.push([`${path} ${unit}`, units.length > 1 ? `${name} ${unit}` : name, bridge, unit]);
    }
  }
  const say = (value: number, unit: string) => {
    const [sum] = unit ? sumsOf({ sum: value, sum_currency: unit }, "sum", ctx) : [];
    return sum ? `${sum.text}${sum.unit}` : f.number(value);
  };
  const moved = (step: string) => step !== "before" && step !== "after";
  return (
    <div className={styles.bridge}>
      <table aria-label={t("list.compare.bridge")}>
        <thead>
          <tr>
            <td />
            {STEPS.map((step) => (
              <th key={step} scope="col">
                {t(`list.compare.${step}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([key, name, bridge, unit]) => (
            <tr key={key}>
              <th scope="row">{name}</th>
              {STEPS.map((step) => (
                <td key={step} className={moved(step) && !bridge[step] ? styles.nothing : undefined}>
                  {step === "changed" && !key ? null : (
                    <>
                      {moved(step) && bridge[step] > 0 ? "+" : ""}
                      {say(bridge[step], unit)}
                    </>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Entry({ list, change, moment }: { list: List; change: Change; moment: string }) {
  const ctx = useFormatContext();
  const { t, f } = ctx;
  const { object } = list;
  return (
    <li className={history.entry}>
      <div className={styles.head}>
        <Badge tone={TONES[change.kind]}>{t(`list.compare.${change.kind}`)}</Badge>
        <b>
          <Link
            to="/o/$object/$id"
            params={{ object: object.name, id: change.id }}
            search={(change.kind === "gone" ? { moment } : {}) as never}
          >
            {change.title || t("list.untitled")}
          </Link>
        </b>
        <span className={history.kind}>
          {change.actor ? (change.actor.title ?? t("record.somebody")) : t("record.system")}
        </span>
        <time dateTime={change.at}>{f.datetime(change.at)}</time>
      </div>
      {change.kind === "changed" && (
        <table className={styles.sides} aria-label={t("record.history")}>
          <thead className="sr">
            <tr>
              <th>{t("record.history.field")}</th>
              <th>{t("record.history.before")}</th>
              <th>{t("record.history.after")}</th>
            </tr>
          </thead>
          <tbody>
            {changesOf(object, change.changes).map(({ field, before, after }) => {
              const say = (value: unknown) => (isEmpty(value) ? "—" : twin(field).format(value, field, ctx));
              return (
                <tr key={field.name}>
                  <th scope="row">{ctx.label(field.label, field.name)}</th>
                  <td className={history.before}>{say(before)}</td>
                  <td>{say(after)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </li>
  );
}

export default function Compare({ list, moment, until }: { list: List; moment: string; until: string }) {
  const ctx = useFormatContext();
  const { t, f } = ctx;
  const phone = usePhone();
  const { object, filter } = list;
  const later = until === "now" ? undefined : until;
  const [chosen, setChosen] = useState<string | null | undefined>(() => later ?? new Date().toISOString());
  const fits = Boolean(chosen && chosen > moment && new Date(chosen) <= new Date());
  const totals = summed(list).map(({ path }) => path);
  const query = useInfiniteQuery({
    queryKey: [...keys.records(object.name), "between", moment, until, filter, totals],
    queryFn: ({ pageParam, signal }) =>
      api.get<ChangesPage>(
        `/records/${object.name}/changes`,
        {
          from: moment,
          to: later,
          filter: filter ?? undefined,
          limit: 50,
          cursor: pageParam ?? undefined,
          ...(pageParam ? {} : { include: "summary", totals: totals.join(",") || undefined }),
        },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  const changes = query.data?.pages.flatMap((page) => page.data) ?? [];
  const summary = query.data?.pages[0]?.summary;
  const pick = (next: string | null | undefined) => {
    setChosen(next);
    if (next && next > moment && new Date(next) <= new Date()) list.set({ until: next }, true);
  };
  return (
    <Drawer open onClose={() => list.set({ until: undefined })} size={phone ? "100%" : 640} title={t("list.compare")}>
      <div className={styles.moments}>
        <span>{f.datetime(moment)}</span>
        <span aria-hidden>→</span>
        <DateInput
          time
          whole
          size="small"
          status={fits ? undefined : "error"}
          label={t("list.compare.with")}
          value={chosen}
          onChange={pick}
        />
        {later && (
          <Button
            size="small"
            onClick={() => {
              setChosen(new Date().toISOString());
              list.set({ until: "now" }, true);
            }}
          >
            {t("list.compare.now")}
          </Button>
        )}
      </div>
      {query.isLoadingError ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : !query.data ? (
        <SkeletonRows rows={6} />
      ) : (
        <>
          {summary && <BridgeTable list={list} summary={summary} />}
          {changes.length > 0 ? (
            <ol className={history.history} aria-label={t("list.compare")}>
              {changes.map((change) => (
                <Entry key={change.id} list={list} change={change} moment={moment} />
              ))}
            </ol>
          ) : (
            !query.hasNextPage && <p className={styles.none}>{t("list.compare.none")}</p>
          )}
          {query.hasNextPage && (
            <Button type="text" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {t("list.compare.more")}
            </Button>
          )}
        </>
      )}
    </Drawer>
  );
}
