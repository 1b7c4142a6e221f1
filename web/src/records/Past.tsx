/** The time that a list or a record is looked at: a moment of the past, what that means, and the way back to now. */
import { useQuery } from "@tanstack/react-query";
import { Archive, History } from "lucide-react";
import { Suspense, useState } from "react";
import { api } from "../api/client";
import { keys } from "../api/queries";
import { useFormatContext } from "../fields";
import { DateInput } from "../fields/DateEntry";
import { useFormat, useT } from "../i18n";
import { part } from "../renew";
import type { ObjectDef } from "../schema/catalog";
import { Button } from "../ui";
import type { Summary } from "./Compare";
import type { List } from "./list";
import styles from "./list.module.css";
import { summed, sumsOf } from "./sums";

const Compare = part(() => import("./Compare"));

/** Nothing can be done to what was. */
export const asItWas = (object: ObjectDef): ObjectDef => ({
  ...object,
  can: Object.fromEntries(
    Object.keys(object.can).map((verb) => [verb, verb === "read"]),
  ) as unknown as ObjectDef["can"],
});

/** What may be done with what is in the archive. */
export const putAway = (object: ObjectDef): ObjectDef => ({
  ...object,
  can: { ...object.can, update: false, create: false, import: false, export: false },
});

function before(days: number): Date {
  const moment = new Date();
  moment.setDate(moment.getDate() - days);
  return moment;
}

const BACK = { day: 1, week: 7, month: 30, quarter: 91 } as const;

/** Some moments to choose from, and any other. */
export function MomentChoice({ value, onPick }: { value: string | undefined; onPick: (moment?: string) => void }) {
  const t = useT();
  const [moment, setMoment] = useState<string | null | undefined>(() => value ?? before(7).toISOString());
  const fits = Boolean(moment && new Date(moment) < new Date());
  return (
    <div className={styles.choices}>
      {(Object.keys(BACK) as (keyof typeof BACK)[]).map((name) => (
        <button
          key={name}
          type="button"
          className={styles.pick}
          onClick={() => onPick(before(BACK[name]).toISOString())}
        >
          <History />
          {t(`list.past.${name}`)}
        </button>
      ))}
      <form
        className={styles.moment}
        onSubmit={(event) => {
          event.preventDefault();
          if (fits && moment) onPick(moment);
        }}
      >
        <DateInput
          time
          size="small"
          status={moment && !fits ? "error" : undefined}
          label={t("list.past.moment")}
          value={moment}
          onChange={setMoment}
        />
        <Button size="small" type="primary" htmlType="submit" disabled={!fits}>
          {t("list.past.go")}
        </Button>
      </form>
    </div>
  );
}

interface BannerProps {
  moment: string;
  onNow: () => void;
  /** Shows what has come of it since. */
  onCompare?: () => void;
  more?: string;
}

/** Says that this is the past. */
export function PastBanner({ moment, onNow, onCompare, more }: BannerProps) {
  const t = useT();
  const f = useFormat();
  return (
    <div className={styles.past} role="status">
      <History aria-hidden />
      <span>
        <b>{t("list.past.banner", { when: f.datetime(moment) })}</b>
        {more && <span className={styles.pastMore}> {more}</span>}
      </span>
      {onCompare && (
        <Button size="small" onClick={onCompare}>
          {t("list.past.compare")}
        </Button>
      )}
      <Button size="small" onClick={onNow}>
        {t("list.past.now")}
      </Button>
    </div>
  );
}

/** Over what is in the archive. */
export function ArchiveBanner({ text, act, onAct }: { text: string; act: string; onAct?: () => void }) {
  return (
    <div className={styles.past} role="status" data-testid="archived">
      <Archive aria-hidden />
      <span>
        <b>{text}</b>
      </span>
      {onAct && (
        <Button size="small" onClick={onAct}>
          {act}
        </Button>
      )}
    </div>
  );
}

/** The same over a list, with what has come of it since: how many came and went, and the first sum then and now. */
export function ListPast({ list }: { list: List }) {
  const ctx = useFormatContext();
  const { t, f } = ctx;
  const { object, moment, filter } = list;
  const first = summed(list)[0];
  const { data } = useQuery({
    queryKey: [...keys.records(object.name), "since", moment, filter, first?.path],
    queryFn: ({ signal }) =>
      api
        .get<{ summary: Summary }>(
          `/records/${object.name}/changes`,
          {
            from: moment,
            filter: filter ?? undefined,
            include: "summary",
            totals: first?.path,
            limit: 1,
            fields: "id",
          },
          signal,
        )
        .then((answer) => answer.summary),
    enabled: moment !== undefined,
  });
  if (!moment) return null;
  const said: string[] = [];
  if (data) {
    const { count, sums } = data;
    said.push(
      t("list.past.since", {
        before: f.number(count.before),
        after: f.number(count.after),
        new: f.number(count.new),
        gone: f.number(Math.abs(count.gone)),
      }),
    );
    for (const [unit, bridge] of Object.entries((first && sums[first.path]) ?? {})) {
      if (!first) continue;
      const say = (value: number) => {
        const [sum] = unit ? sumsOf({ sum: value, sum_currency: unit }, "sum", ctx) : [];
        return sum ? `${sum.text}${sum.unit}` : f.number(value);
      };
      const field = ctx.label(first.field.label, first.path);
      said.push(t("list.past.sum", { field, before: say(bridge.before), after: say(bridge.after) }));
    }
  }
  return (
    <>
      <PastBanner
        moment={moment}
        more={said.join(" · ")}
        onNow={() => list.set({ moment: undefined, until: undefined })}
        onCompare={() => list.set({ until: "now" })}
      />
      {list.until !== undefined && (
        <Suspense>
          <Compare key={moment} list={list} moment={moment} until={list.until} />
        </Suspense>
      )}
    </>
  );
}
