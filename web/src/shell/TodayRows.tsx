/** One thing to do: what, about whom, why it is here, and how to be done with it at once. */
import { Check, Clock } from "lucide-react";
import { useState } from "react";
import { useCatalog } from "../api/queries";
import { useWrites } from "../api/writes";
import { addDays, type Day, isoDay, moment, today, wall, weekday } from "../fields/dates";
import { useFormat, useLabel, useT } from "../i18n";
import { type ObjectDef, type RecordData, type Ref, titleOf } from "../schema/catalog";
import { STALE_DAYS } from "../schema/stale";
import { Avatar, Button, cx, Dropdown, Icon, RecordLink, usePhone } from "../ui";
import { type Item, localDay, type Scope } from "./agenda";
import styles from "./today.module.css";

export function Row({ item, scope }: { item: Item; scope: Scope }) {
  return item.kind === "duty" ? <Duty item={item} scope={scope} /> : <Deal item={item} scope={scope} />;
}

interface WhatProps {
  object: ObjectDef;
  row: RecordData;
  title: string;
  late: boolean;
  about: Ref | null | undefined;
  owner: Ref | null | undefined;
  children: string;
}

/** What it is, about whom, and why it stands here. */
function What({ object, row, title, late, about, owner, children }: WhatProps) {
  return (
    <>
      <span className={cx(styles.sign, late && styles.alarm)}>
        <Icon name={object.icon} />
      </span>
      <span className={styles.what}>
        <span className={styles.line}>
          <RecordLink object={object.name} id={row.id} className="ellipsis" data-item>
            {title}
          </RecordLink>
          {about?.title && about.object && (
            <RecordLink object={about.object} id={about.id} className={cx(styles.about, "ellipsis")}>
              {about.title}
            </RecordLink>
          )}
        </span>
        <span className={cx(styles.why, "ellipsis")}>{children}</span>
      </span>
      {owner?.title && (
        <span className={styles.owner} title={owner.title}>
          <Avatar name={owner.title} id={owner.id} />
        </span>
      )}
    </>
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

function Duty({ item, scope }: { item: Item & { kind: "duty" }; scope: Scope }) {
  const { duty, row, days, passed } = item;
  const { object } = duty;
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const when = useWhen();
  const phone = usePhone();
  const { update } = useWrites(object.name);
  const [ended, setEnded] = useState(false);
  const kind = label(object.label, object.name);
  const title = titleOf(object, row) || kind;
  const about = row.about as Ref | null | undefined;
  // A small screen has no room for a second link beside the first; about whom it is must still be read.
  const whom = phone && about?.title ? `${about.title}\u00a0· ` : "";
  const owner = row[object.owner] as Ref | null | undefined;
  const at = String(row[duty.at]);
  const may = object.can.update;
  const finish = (state: string) => {
    setEnded(true);
    update(row.id, { [duty.state]: state }, { done: t("shell.today.done", { title }) }).catch(() => setEnded(false));
  };
  const tick = (
    <button
      type="button"
      className={styles.tick}
      disabled={ended || !may}
      aria-label={t("shell.today.finish", { title })}
      onClick={duty.ends.length === 1 ? () => finish(duty.ends[0] ?? "") : undefined}
    >
      {ended && <Check />}
    </button>
  );
  const put = (day: Day) => {
    const value = moment(day, wall(new Date(at), f.locale.timezone), f.locale.timezone).toISOString();
    const said = t("shell.today.moved", { title, day: `${f.day(isoDay(day))} ${f.weekday(isoDay(day))}` });
    void update(row.id, { [duty.at]: value }, { done: said, settle: true }).catch(() => undefined);
  };
  const now = today(f.locale.timezone);
  const later = [
    { key: "tomorrow", label: t("shell.today.tomorrow"), day: addDays(now, 1) },
    { key: "monday", label: t("shell.today.monday"), day: addDays(now, 8 - weekday(now)) },
    { key: "week", label: t("shell.today.aWeek"), day: addDays(now, 7) },
  ];
  return (
    <li className={cx(styles.item, ended && styles.done)}>
      {duty.ends.length === 1 || !may ? (
        tick
      ) : (
        <Dropdown
          label={t("shell.today.how")}
          disabled={ended}
          menu={{
            items: duty.ends.map((name) => {
              const option = duty.stateField.options.find((one) => one.name === name);
              return { key: name, label: label(option?.label, name) };
            }),
            onClick: ({ key }) => finish(key),
          }}
        >
          {tick}
        </Dropdown>
      )}
      <What
        object={object}
        row={row}
        title={title}
        late={days < 0}
        about={about}
        owner={scope === "team" ? owner : null}
      >
        {whom + (reason(row) || (days < 0 ? t("shell.today.promised", { day: f.datetime(at) }) : kind))}
      </What>
      {may && scope === "mine" && (
        <Dropdown
          placement="bottomRight"
          disabled={ended}
          menu={{
            items: later.map(({ key, label: name, day }) => ({
              key,
              label: name,
              extra: f.weekday(isoDay(day)),
              onClick: () => put(day),
            })),
          }}
        >
          <Button
            size="small"
            icon={<Clock />}
            className={styles.act}
            aria-label={t("shell.today.later.of", { title: titleOf(object, row) })}
          >
            {t("shell.today.later")}
          </Button>
        </Dropdown>
      )}
      <span className={styles.when}>
        <b className={cx((days < 0 || passed) && styles.late)}>{days === 0 ? f.time(at) : when(days)}</b>
        <small>
          {days === 0 ? (passed ? t("shell.today.passed") : when(0)) : phone ? f.day(localDay(at, f)) : f.datetime(at)}
        </small>
      </span>
    </li>
  );
}

/** The first line of what was written about it. */
const reason = (row: RecordData): string => String(row.body ?? "").split("\n")[0] ?? "";

function Deal({ item, scope }: { item: Item & { kind: "deal" }; scope: Scope }) {
  const { deals, row, days, rests } = item;
  const { object } = deals;
  const t = useT();
  const f = useFormat();
  const when = useWhen();
  const label = useLabel();
  const catalog = useCatalog();
  const title = titleOf(object, row);
  const account = row.account as Ref | null | undefined;
  const owner = row[object.owner] as Ref | null | undefined;
  const stage = catalog
    .pipelinesOf(object)
    .flatMap((pipeline) => pipeline.stages)
    .find((one) => one.name === row[deals.stage.name]);
  const amount = row[deals.money?.name ?? ""];
  const money = typeof amount === "number" ? f.short(amount) : null;
  const customer = deals.object.fields.find((one) => one.name === "account")?.target;
  const next = "next_step" in row ? String(row.next_step ?? "") : null;
  const why = [
    days < 0 ? t("shell.today.dateGone") : "",
    rests !== null && rests > STALE_DAYS
      ? t("shell.today.rests", { stage: label(stage?.label), n: rests })
      : label(stage?.label),
    next === null ? "" : next || t("shell.today.noNext"),
  ];
  return (
    <li className={styles.item}>
      <span className={styles.noTick} />
      <What
        object={object}
        row={row}
        title={title}
        late={days < 0}
        about={account && { ...account, object: account.object ?? customer ?? undefined }}
        owner={scope === "team" ? owner : null}
      >
        {why.filter(Boolean).join(t("shell.semicolon"))}
      </What>
      <span className={styles.when}>
        {money && (
          <b>
            {money.text}
            <span className="unit">{money.unit}</span>
          </b>
        )}
        <small className={cx(days < 0 && styles.late)}>{when(days)}</small>
      </span>
    </li>
  );
}
