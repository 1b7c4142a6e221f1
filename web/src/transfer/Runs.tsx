/** Every import so far, those that are still running among them. */
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Answered, type ColumnOf, DataTable, When } from "../admin/Table";
import { api } from "../api/client";
import { useLive } from "../api/live";
import { useCatalog } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import { Badge, type Tone } from "../ui";
import { type Run, share } from "./model";
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
  const client = useQueryClient();
  useLive("job", (news) => {
    if (!news.dry_run) void client.invalidateQueries({ queryKey: importKeys.list });
  });
  const found = useInfiniteQuery({
    queryKey: importKeys.list,
    // A check changed nothing: nobody looks for it later.
    queryFn: ({ pageParam, signal }) =>
      api.get<Answer>("/imports", { limit: 50, dry_run: false, cursor: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Answer) => page.next,
    staleTime: 3_000,
  });
  const runs = found.data?.pages.flatMap((page) => page.data) ?? [];
  if (found.isPending || (runs.length === 0 && !found.isError)) return null;
  const count = (part: "created" | "updated" | "failed"): ColumnOf<Run> => ({
    head: t(`transfer.${part}`),
    right: true,
    hide: "phone",
    cell: (run) => (run[part] ? <span className="num">{f.number(run[part])}</span> : null),
  });
  return (
    <section className={styles.runs}>
      <h2>{t("transfer.soFar")}</h2>
      <Answered of={found} small>
        <DataTable
          rows={runs}
          entries
          name={(run) => run.id}
          label={t("transfer.soFar")}
          columns={[
            {
              head: t("transfer.col.file"),
              line: true,
              cell: (run) => (
                <Link
                  to="/import/$object"
                  params={{ object: run.object }}
                  search={{ run: run.id }}
                  className={`${styles.fileLink} ellipsis`}
                >
                  {run.name}
                </Link>
              ),
            },
            { head: t("transfer.col.object"), cell: (run) => label(catalog.object(run.object)?.plural, run.object) },
            {
              head: t("transfer.col.when"),
              hide: "phone",
              soft: true,
              cell: (run) => <When at={run.at} />,
            },
            { head: t("transfer.col.status"), cell: (run) => <StatusBadge run={run} /> },
            count("created"),
            count("updated"),
            count("failed"),
          ]}
        />
      </Answered>
    </section>
  );
}
