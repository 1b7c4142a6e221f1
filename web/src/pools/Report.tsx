/** Who got what from a pool in the last months, what came of it, and how it is shared out. */
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { List } from "lucide-react";
import { Suspense, useState } from "react";
import { DataTable } from "../admin/Table";
import { api } from "../api/client";
import { keys, useCatalog } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import { part } from "../renew";
import { Avatar, ButtonLink, ErrorState, Nothing, Page, SkeletonRows, TabsToCome } from "../ui";
import { Segmented } from "../ui/antd";
import { PoolTabs } from "./PoolsPage";
import styles from "./pools.module.css";
import { type Line, usePools } from "./queries";

const Drawing = part(
  () => import("../records/Drawing"),
  (module) => module.Drawing,
);

const MEASURES = ["claimed", "released", "recycled", "won"] as const;
const DAYS = [30, 90, 365] as const;

export default function Report() {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const { pool: id } = useParams({ strict: false }) as { pool: string };
  const pools = usePools();
  const [days, setDays] = useState<number>(90);
  const [measure, setMeasure] = useState<(typeof MEASURES)[number]>("claimed");
  const found = useQuery({
    queryKey: [...keys.records(), "pools", id, "report", days],
    queryFn: ({ signal }) =>
      api.get<{ pool: { title: string }; quality_by: string | null; people: Line[] }>(
        `/pools/${id}/report`,
        { since: new Date(Date.now() - days * 86_400_000).toISOString() },
        signal,
      ),
  });
  const pool = pools.data?.find((one) => one.id === id);
  const people = found.data?.people ?? [];
  const grades =
    catalog.object(pool?.object)?.fields.find(({ name }) => name === found.data?.quality_by)?.options ?? [];
  /** The grade that an average lies at: 1 is the least one, and they stand from the best down. */
  const graded = (average: number): string => {
    const grade = grades[grades.length - Math.min(Math.max(Math.round(average), 1), grades.length)];
    return grade ? label(grade.label, grade.name) : "";
  };
  const got = (line: Line): number => (measure === "claimed" ? line.claimed + line.assigned : line[measure]);
  const name = t(`pools.measure.${measure}`);
  return (
    <Page
      title={t("pools.report")}
      name={`${t("pools.report")} · ${found.data?.pool.title ?? ""}`}
      actions={
        <>
          <ButtonLink to="/pools/$pool" params={{ pool: id }} kind="text" icon={<List />}>
            {t("pools.list")}
          </ButtonLink>
          <Segmented
            aria-label={t("pools.span")}
            value={days}
            onChange={(next: unknown) => setDays(Number(next))}
            options={DAYS.map((n) => ({ value: n, label: t("pools.days", { n }) }))}
          />
        </>
      }
      padded
      bar={pool && pools.data ? <PoolTabs pool={pool} pools={pools.data} report /> : found.isPending && <TabsToCome />}
    >
      {found.error && !found.data ? (
        <ErrorState error={found.error} retry={() => void found.refetch()} />
      ) : found.isPending ? (
        <div className={styles.chart}>
          <SkeletonRows shape="bars" />
        </div>
      ) : people.length === 0 ? (
        <Nothing of="pools.report.none" />
      ) : (
        <div className={styles.report}>
          <Segmented
            aria-label={t("pools.measure")}
            value={measure}
            onChange={(next: unknown) => setMeasure(next as (typeof MEASURES)[number])}
            options={MEASURES.map((one) => ({ value: one, label: t(`pools.measure.${one}`) }))}
          />
          <div className={styles.chart}>
            <Suspense fallback={<SkeletonRows shape="bars" />}>
              <Drawing
                ref={null}
                shape="bar"
                name={name}
                say={(value) => f.number(value)}
                marks={people.map((line) => ({
                  key: line.user.id,
                  name: line.user.title ?? "—",
                  value: got(line),
                  n: got(line),
                  current: false,
                  go: {},
                }))}
                onPick={() => {}}
              />
            </Suspense>
          </div>
          <DataTable
            rows={people}
            name={(line) => line.user.id}
            columns={[
              {
                head: t("pools.person"),
                cell: (line) => (
                  <>
                    <Avatar name={line.user.title ?? ""} id={line.user.id} size={18} /> {line.user.title}
                  </>
                ),
              },
              { head: t("pools.measure.claimed"), right: true, cell: (line) => f.number(line.claimed + line.assigned) },
              { head: t("pools.share"), right: true, cell: (line) => `${f.number(line.share)}%` },
              {
                head: t("pools.measure.released"),
                right: true,
                hide: "phone",
                cell: (line) => f.number(line.released),
              },
              {
                head: t("pools.measure.recycled"),
                right: true,
                hide: "phone",
                cell: (line) => f.number(line.recycled),
              },
              { head: t("pools.measure.won"), right: true, cell: (line) => f.number(line.won) },
              ...(grades.length > 0
                ? [
                    {
                      head: t("pools.quality"),
                      right: true,
                      hide: "phone" as const,
                      cell: (line: Line) =>
                        line.quality === null ? null : (
                          <>
                            {graded(line.quality)} <span className={styles.exact}>{f.number(line.quality)}</span>
                          </>
                        ),
                    },
                  ]
                : []),
              { head: t("pools.holds"), right: true, hide: "phone", cell: (line) => f.number(line.held) },
            ]}
          />
        </div>
      )}
    </Page>
  );
}
