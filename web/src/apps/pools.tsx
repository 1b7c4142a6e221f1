/** Records that are in a pool: what one should know of it, and taking them. */
import { useQuery } from "@tanstack/react-query";
import { useRouterState } from "@tanstack/react-router";
import { ArrowRightLeft, Hand, HandHelping, type LucideIcon, Shuffle, Undo2, Waves } from "lucide-react";
import { Suspense, useState } from "react";
import { api } from "../api/client";
import { ABOVE, keys, useCatalog } from "../api/queries";
import { spoken, useFormat, useLabel, useT } from "../i18n";
import { type Act, type Standing, useAct } from "../pools/queries";
import { Alert } from "../records/Alerts";
import styles from "../records/list.module.css";
import { part } from "../renew";
import { poolOf } from "../schema/catalog";
import { Button, usePhone } from "../ui";
import { type SlotProps, slot } from "./slots";

const Ask = part(spoken(() => import("../pools/Ask")));

/** In which pool it is, since when and why; with the button to take it. */
function InPool({ object: name, record }: SlotProps) {
  const t = useT();
  const f = useFormat();
  const object = useCatalog().object(name);
  const act = useAct(name);
  const phone = usePhone();
  const [busy, setBusy] = useState(false);
  const pool = object && poolOf(object, record);
  const { data } = useQuery({
    queryKey: [...keys.record(name, record?.id ?? ""), "pool"],
    queryFn: ({ signal }) => api.get<Standing>(`/pools/records/${name}/${record?.id}`, undefined, signal),
    enabled: Boolean(pool && record),
    meta: ABOVE,
    staleTime: 15_000,
  });
  if (!pool || !record || !data?.pool) return null;
  const why =
    data.last?.kind === "recycle" ? data.last.rule : data.last?.kind === "release" ? data.last.giver?.title : null;
  const since = data.since ? f.date(data.since) : "";
  const claim = async () => {
    setBusy(true);
    await act("claim", [record.id]);
    setBusy(false);
  };
  return (
    <Alert
      tone="warn"
      icon={<Waves aria-hidden />}
      title={t("pools.in", { pool: data.pool.title ?? "" })}
      act={
        data.member &&
        phone && (
          <Button size="small" type="primary" icon={<Hand />} loading={busy} onClick={() => void claim()}>
            {t("pools.claim")}
          </Button>
        )
      }
    >
      {since && t("pools.since", { since })}
      {why && ` ${t(data.last?.kind === "recycle" ? "pools.by.rule" : "pools.by.person", { why })}`}
    </Alert>
  );
}

/** Taking a row that is in a pool. */
function ClaimRow({ object: name, record }: SlotProps) {
  const t = useT();
  const object = useCatalog().object(name);
  const act = useAct(name);
  const pool = object && poolOf(object, record);
  if (!pool || !record || !object.pools?.some((one) => one.id === pool.id)) return null;
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-label={t("pools.claim")}
      data-tip={t("pools.claim")}
      onClick={() => void act("claim", [record.id])}
    >
      <Hand />
    </button>
  );
}

type Asked = "release" | "assign" | "transfer";

/** In a pool: taking what is chosen or, as its administrator, giving it out, moving it on or giving it back. Elsewhere: giving it up. */
function ActBulk({ object: name, ids = [], onDone }: SlotProps) {
  const t = useT();
  const object = useCatalog().object(name);
  const act = useAct(name);
  const label = useLabel();
  const inside = useRouterState({ select: (state) => state.location.pathname.startsWith("/pools") });
  const [asked, setAsked] = useState<Asked | null>(null);
  if (!object?.pools?.length || ids.length > 1000) return null;
  const run = async (what: Act, more: Record<string, unknown> = {}) => {
    if (!(await act(what, ids, more))) return;
    setAsked(null);
    onDone?.();
  };
  const ask = (what: Asked, Icon: LucideIcon) => {
    const verb = object.actions.find((one) => one.name === what);
    return (
      verb && (
        <button type="button" className={styles.bulkAct} onClick={() => setAsked(what)}>
          <Icon />
          {label(verb.label, what)}
        </button>
      )
    );
  };
  const verb = object.actions.find((one) => one.name === asked);
  const form = asked && verb && (
    <Suspense>
      <Ask
        title={t("pools.asked", { action: label(verb.label, verb.name), n: ids.length })}
        verb={verb}
        onRun={(more) => run(asked, more)}
        onClose={() => setAsked(null)}
      />
    </Suspense>
  );
  if (!inside)
    return (
      <>
        {ask("release", HandHelping)}
        {form}
      </>
    );
  return (
    <>
      <button type="button" className={styles.bulkAct} onClick={() => void run("claim")}>
        <Hand />
        {t("pools.claim")}
      </button>
      {object.pools.some((one) => one.admin) && (
        <>
          {ask("assign", Shuffle)}
          {ask("transfer", ArrowRightLeft)}
          <button type="button" className={styles.bulkAct} onClick={() => void run("give_back")}>
            <Undo2 />
            {label(object.actions.find((one) => one.name === "give_back")?.label, "give_back")}
          </button>
        </>
      )}
      {form}
    </>
  );
}

slot("record.alert", { order: 6, component: InPool });
slot("list.row", { component: ClaimRow });
slot("list.bulk", { component: ActBulk });
