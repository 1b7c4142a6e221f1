/** Every import so far, those that are still running among them. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api } from "../api/client";
import { useCatalog } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import { Badge, Button, type Tone } from "../ui";
import { type Run, running, share } from "./model";
import { importKeys } from "./state";
import styles from "./transfer.module.css";

interface Answer {
  data: Run[];
  next: string | null;
}

const TONES: Record<Run["status"], Tone> = {
  queued: "neutral",
  running: "info",
  done: "ok",
  failed: "danger",
  cancelled: "warn",
};

export function StatusBadge({ run }: { run: Run }) {
  const t = useT();
  const f = useFormat();
  return (
    <Badge tone={TONES[run.status]}>
      {run.status === "running" && run.rows > 0
        ? f.percent(Math.floor(share(run) * 100))
        : t(`transfer.status.${run.status}`)}
    </Badge>
  );
}

export function Runs() {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const found = useInfiniteQuery({
    queryKey: importKeys.list,
    queryFn: ({ pageParam, signal }) =>
      api.get<Answer>("/imports", { limit: 50, cursor: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Answer) => page.next,
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) => page.data.some((run) => running(run) && !run.dry_run)) ? 1500 : false,
    staleTime: 3_000,
  });
  // A check changed nothing: nobody looks for it later.
  const runs = (found.data?.pages.flatMap((page) => page.data) ?? []).filter((run) => !run.dry_run);
  if (runs.length === 0) return null;
  return (
    <section className={styles.runs}>
      <h2>{t("transfer.soFar")}</h2>
      <table className={styles.table}>
        <thead>
          <tr>
            <th>{t("transfer.col.file")}</th>
            <th>{t("transfer.col.object")}</th>
            <th className={styles.hidePhone}>{t("transfer.col.when")}</th>
            <th>{t("transfer.col.status")}</th>
            <th className={`${styles.right} ${styles.hidePhone}`}>{t("transfer.created")}</th>
            <th className={`${styles.right} ${styles.hidePhone}`}>{t("transfer.updated")}</th>
            <th className={`${styles.right} ${styles.hidePhone}`}>{t("transfer.failed")}</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => {
            const object = catalog.object(run.object);
            return (
              <tr key={run.id}>
                <td className={styles.file}>
                  <Link
                    to="/import/$object"
                    params={{ object: run.object }}
                    search={{ run: run.id }}
                    className={`${styles.fileLink} ellipsis`}
                  >
                    {run.name}
                  </Link>
                </td>
                <td>{label(object?.plural, run.object)}</td>
                <td className={`${styles.soft} ${styles.hidePhone}`}>
                  <time dateTime={run.at} title={f.datetime(run.at)}>
                    {f.ago(run.at)}
                  </time>
                </td>
                <td>
                  <StatusBadge run={run} />
                </td>
                {[run.created, run.updated, run.failed].map((n, at) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: three columns
                  <td key={at} className={`${styles.right} num ${styles.hidePhone}`}>
                    {n ? f.number(n) : <span className="dash">—</span>}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
      {found.hasNextPage && (
        <Button onClick={() => void found.fetchNextPage()} loading={found.isFetchingNextPage}>
          {t("admin.more")}
        </Button>
      )}
    </section>
  );
}
