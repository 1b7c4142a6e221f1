/** The pools that one is in: a tab each, what one may still take, and the generic list of what is in it. */
import { useNavigate, useParams } from "@tanstack/react-router";
import { ChartColumn } from "lucide-react";
import { useMemo, useState } from "react";
import { TabBar } from "../admin/Table";
import "../apps/pools";
import { useCatalog, useMe } from "../api/queries";
import { useFormat, useLabel, useNouns, useT } from "../i18n";
import { defaultColumns } from "../records/columns";
import { FilterBar } from "../records/FilterBar";
import { Rows, RowsToCome } from "../records/ListPage";
import { type Place, useList } from "../records/list";
import type { ObjectDef, View } from "../schema/catalog";
import type { Filter } from "../schema/filter";
import { ButtonLink, Empty, ErrorState, Nothing, Page, TabsToCome } from "../ui";
import styles from "./pools.module.css";
import { type Pool, type Used, usePools } from "./queries";

export default function PoolsPage() {
  const t = useT();
  const me = useMe();
  const { pool: id } = useParams({ strict: false }) as { pool?: string };
  const found = usePools();
  if (!found.data)
    return (
      <Page title={t("pools.title")} bar={!found.error && <TabsToCome />}>
        {found.error ? <ErrorState error={found.error} retry={() => void found.refetch()} /> : <RowsToCome />}
      </Page>
    );
  const one = found.data.find((pool) => pool.id === id) ?? found.data[0];
  if (!one)
    return (
      <Page title={t("pools.title")}>
        {me.can.includes("roles") ? (
          <Empty
            title={t("pools.asleep")}
            text={t("pools.empty.text")}
            action={
              <ButtonLink to="/settings/$" params={{ _splat: "pools" }}>
                {t("pools.arrange")}
              </ButtonLink>
            }
          />
        ) : (
          <Nothing of="pools.none" />
        )}
      </Page>
    );
  return <One key={one.id} pool={one} pools={found.data} />;
}

/** What says nothing of a record that is in a pool. */
const KEPT = ["held_since", "protected", "protected_until"];

export function PoolTabs({ pool, pools, report }: { pool: Pool; pools: Pool[]; report?: boolean }) {
  const t = useT();
  const f = useFormat();
  return (
    <TabBar
      label={t("pools.title")}
      at={pool.id}
      tabs={pools.map((one) => ({
        name: one.id,
        text: one.name,
        small: f.count(one.count, one.count_estimate),
        to: { to: report ? "/pools/$pool/report" : "/pools/$pool", params: { pool: one.id } },
      }))}
    />
  );
}

/** The list of a pool keeps its state in the pool's own address. */
function One({ pool, pools }: { pool: Pool; pools: Pool[] }) {
  const navigate = useNavigate();
  const object = useCatalog().object(pool.object);
  const place = useMemo(() => {
    if (!object) return null;
    const names = new Set(object.fields.map((field) => field.name));
    const columns = [...defaultColumns(object), "last_contact_at", "pool_since"].filter(
      (name) => names.has(name) && ![pool.owner_field, pool.pool_field, ...KEPT].includes(name),
    );
    const view: View = {
      id: null,
      name: `pool.${pool.id}`,
      label: { en: pool.name },
      kind: "table",
      columns: [...new Set(columns)],
      filter: null,
      sort: names.has("pool_since") ? "-pool_since" : "-updated_at",
      by: null,
      card: [],
      sum: null,
      scope: "standard",
    };
    return {
      view,
      // What is in the pool, whatever else is asked.
      base: {
        and: [
          { field: pool.pool_field, op: "eq", value: pool.id },
          { field: pool.owner_field, op: "is_empty" },
        ],
      } satisfies Filter,
      go: (search: object, replace: boolean) =>
        navigate({ to: "/pools/$pool", params: { pool: pool.id }, search: search as never, replace }),
    };
  }, [object, pool.id, pool.name, pool.owner_field, pool.pool_field, navigate]);
  if (!object || !place) return null;
  return <Inside object={object} place={place} pool={pool} pools={pools} />;
}

function Inside({ object, place, pool, pools }: { object: ObjectDef; place: Place; pool: Pool; pools: Pool[] }) {
  const t = useT();
  const list = useList(object, place);
  const { many } = useNouns(object);
  const { can } = useMe();
  const [condition, setCondition] = useState<string | null>(null);
  return (
    <Page
      title={t("pools.title")}
      name={`${pool.name} · ${t("pools.title")}`}
      actions={
        <ButtonLink to="/pools/$pool/report" params={{ pool: pool.id }} kind="text" icon={<ChartColumn />}>
          {t("pools.report")}
        </ButtonLink>
      }
      bar={
        <>
          <PoolTabs pool={pool} pools={pools} />
          <Limits pool={pool} object={object} />
          <FilterBar list={list} asked={condition} onAsked={setCondition} tools={null} />
        </>
      }
    >
      <Rows
        list={list}
        onFilter={setCondition}
        empty={
          list.said === null && !list.q ? (
            <Empty
              title={t("pools.clear", { objects: many })}
              text={t("pools.clear.text")}
              action={
                can.includes("roles") ? (
                  <ButtonLink to="/settings/$" params={{ _splat: "pools" }}>
                    {t("pools.arrange")}
                  </ButtonLink>
                ) : (
                  <ButtonLink to="/o/$object" params={{ object: object.name }}>
                    {t("pools.clear.go", { objects: many })}
                  </ButtonLink>
                )
              }
            />
          ) : undefined
        }
      />
    </Page>
  );
}

/** What one may still claim, hold and look at; of an administrator nothing is counted. */
function Limits({ pool, object }: { pool: Pool; object: ObjectDef }) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const left = ({ limit, used }: Used) => f.number(Math.max(0, (limit ?? 0) - used));
  const options = object.fields.flatMap((field) => field.options);
  const named = (name: string) => label(options.find((one) => one.name === name)?.label, name);
  const parts = [
    pool.admin && t("pools.admin"),
    pool.claims.limit !== null && t("pools.claims", { left: left(pool.claims), limit: f.number(pool.claims.limit) }),
    pool.held.limit !== null && t("pools.held", { used: f.number(pool.held.used), limit: f.number(pool.held.limit) }),
    ...pool.capacity.map((one) =>
      t("pools.capacity.of", { option: named(one.option), used: f.number(one.used), limit: f.number(one.limit) }),
    ),
    pool.masked.length > 0 && t("pools.masked"),
    pool.views.limit !== null &&
      pool.masked.length > 0 &&
      t("pools.views", { left: left(pool.views), limit: f.number(pool.views.limit) }),
  ].filter((part): part is string => Boolean(part));
  if (parts.length === 0) return null;
  return (
    <p className={styles.limits} role="status">
      {parts.map((part) => (
        <span key={part}>
          {part}
          <span className="sr">. </span>
        </span>
      ))}
    </p>
  );
}
