/** Records that are in a pool: what one should know of it, and taking them. */
import { useQuery } from "@tanstack/react-query";
import { useRouterState } from "@tanstack/react-router";
import { Hand, HandHelping, Shuffle, Waves } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client";
import { ABOVE, keys, useCatalog } from "../api/queries";
import { useFormat, useT } from "../i18n";
import { type Standing, useAct } from "../pools/queries";
import { Alert } from "../records/Alerts";
import styles from "../records/list.module.css";
import { poolOf } from "../schema/catalog";
import { Button, usePhone } from "../ui";
import { type SlotProps, slot } from "./slots";

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
  const since = data.since ? f.date(data.since.slice(0, 10)) : "";
  const claim = async () => {
    setBusy(true);
    await act("claim", [record.id]);
    setBusy(false);
  };
  return (
    <Alert icon={<Waves aria-hidden />} title={t("pools.in", { pool: data.pool.title ?? "" })}>
      {since && t("pools.since", { since })}
      {why && ` ${t(data.last?.kind === "recycle" ? "pools.by.rule" : "pools.by.person", { why })}`}{" "}
      {data.member && phone && (
        <Button size="small" type="primary" icon={<Hand />} loading={busy} onClick={() => void claim()}>
          {t("pools.claim")}
        </Button>
      )}
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

/** In a pool: taking what is chosen or, as its administrator, giving it out by turns. Elsewhere: giving it up. */
function ActBulk({ object: name, ids = [], onDone }: SlotProps) {
  const t = useT();
  const object = useCatalog().object(name);
  const act = useAct(name);
  const inside = useRouterState({ select: (state) => state.location.pathname.startsWith("/pools") });
  if (!object?.pools?.length || ids.length > 1000) return null;
  const run = async (what: "claim" | "assign" | "release") => {
    if (await act(what, ids, what === "release" ? { reason: "other" } : {})) onDone?.();
  };
  if (!inside)
    return (
      <button type="button" className={styles.bulkAct} onClick={() => void run("release")}>
        <HandHelping />
        {t("pools.release")}
      </button>
    );
  return (
    <>
      <button type="button" className={styles.bulkAct} onClick={() => void run("claim")}>
        <Hand />
        {t("pools.claim")}
      </button>
      {object.pools.some((one) => one.admin) && (
        <button type="button" className={styles.bulkAct} onClick={() => void run("assign")}>
          <Shuffle />
          {t("pools.assign")}
        </button>
      )}
    </>
  );
}

slot("record.alert", { order: 6, component: InPool });
slot("list.row", { component: ClaimRow });
slot("list.bulk", { component: ActBulk });
