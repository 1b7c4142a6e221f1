/** The recycle bin: what was deleted, by whom, and the way back. */
import { useInfiniteQuery, useQueries, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Checkbox } from "antd";
import { RotateCcw } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client";
import { fetchPage, keys, listOptions, rowsOf, touchRecords, useCatalog } from "../api/queries";
import { useUndo } from "../api/writes";
import { useFormat, useLabel, useNouns, useT } from "../i18n";
import { type ObjectDef, type RecordData, type Ref, titleOf } from "../schema/catalog";
import { cx, Empty, ErrorState, Page, SkeletonRows, useToast } from "../ui";
import styles from "./admin.module.css";

interface BatchAnswer {
  results: { status: number; errors?: { message: string }[] }[];
  change_set: string | null;
}

export default function BinPage() {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const objects = catalog.objects.filter((object) => object.can.delete);
  const asked = useSearch({ strict: false, select: (search) => (search as { object?: string }).object });
  const counts = useQueries({
    queries: objects.map((object) => ({
      queryKey: [...keys.records(object.name), "bin-count"],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        fetchPage(object.name, { bin: true, fields: ["id"], limit: 1, include: "count" }, null, signal),
      staleTime: 15_000,
    })),
  });
  const n = (at: number) => counts[at]?.data?.count ?? counts[at]?.data?.count_estimate ?? 0;
  const settled = counts.every((one) => !one.isPending);
  const filled = objects.filter((object, at) => n(at) > 0 || object.name === asked);
  const object = catalog.object(asked) ?? filled[0];
  const failed = counts.find((one) => one.error)?.error;
  return (
    <Page
      title={t("shell.bin")}
      bar={
        filled.length > 0 && (
          <nav className={styles.tabs} aria-label={t("shell.bin")}>
            {filled.map((one) => (
              <Link
                key={one.name}
                to="/bin"
                search={{ object: one.name } as never}
                className={cx(styles.tab, one === object && styles.tabOn)}
                aria-current={one === object ? "page" : undefined}
              >
                {label(one.plural, one.name)}
                <small>{n(objects.indexOf(one))}</small>
              </Link>
            ))}
          </nav>
        )
      }
    >
      {object ? (
        <Deleted key={object.name} object={object} />
      ) : failed ? (
        <ErrorState error={failed} retry={() => counts.forEach((one) => void one.refetch())} />
      ) : settled ? (
        <Empty title={t("admin.bin.empty")} text={t("admin.bin.empty.text")} />
      ) : (
        <SkeletonRows />
      )}
    </Page>
  );
}

function Deleted({ object }: { object: ObjectDef }) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const toast = useToast();
  const undo = useUndo();
  const { many } = useNouns(object);
  const client = useQueryClient();
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<Set<string>>(new Set());
  const [busy, setBusy] = useState<string | null>(null);
  const found = useInfiniteQuery(
    listOptions(object.name, { bin: true, limit: 100, fields: [object.title, ...object.subtitle] }),
  );
  if (found.isPending) return <SkeletonRows />;
  if (found.isError) return <ErrorState error={found.error} retry={found.refetch} />;
  const rows = rowsOf(found.data);
  const restore = async (records: RecordData[]) => {
    const [first] = records;
    if (!first || busy) return;
    setBusy(records.length > 1 ? "many" : first.id);
    const said = {
      action:
        records.length === 1
          ? {
              label: t("admin.bin.open"),
              run: () => void navigate({ to: "/o/$object/$id", params: { object: object.name, id: first.id } }),
            }
          : undefined,
    };
    try {
      if (records.length === 1) {
        await api.post(`/records/${object.name}/${first.id}/restore`);
        toast({ text: t("admin.bin.restored.one", { title: titleOf(object, first) }), ...said });
      } else {
        const { data } = await api.post<BatchAnswer>(`/records/${object.name}/batch`, {
          operations: records.map((record) => ({ op: "restore", id: record.id })),
          atomic: false,
        });
        const failed = data.results.filter((result) => result.status >= 400);
        const back = data.change_set;
        toast({
          text: t("admin.bin.restored", { n: records.length - failed.length }),
          undo: back ? () => undo(back) : undefined,
        });
        if (failed[0]) toast({ text: failed[0].errors?.[0]?.message ?? t("shell.error.text"), tone: "warn" });
      }
      setChosen(new Set());
      await touchRecords(client);
    } catch (reason) {
      toast({ text: (reason as Error).message, tone: "danger" });
    } finally {
      setBusy(null);
    }
  };
  if (rows.length === 0)
    return <Empty title={t("admin.bin.none", { objects: many })} text={t("admin.bin.empty.text")} />;
  const all = rows.length === chosen.size;
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return (
    <>
      {chosen.size > 0 && (
        <div className={styles.bulk} role="toolbar" aria-label={t("admin.bin.chosen", { n: chosen.size })}>
          <b>{t("admin.bin.chosen", { n: chosen.size })}</b>
          <span className="spring" />
          <Button size="small" onClick={() => setChosen(new Set())}>
            {t("shell.cancel")}
          </Button>
          <Button
            size="small"
            type="primary"
            icon={<RotateCcw />}
            loading={busy === "many"}
            onClick={() => void restore(rows.filter((row) => chosen.has(row.id)))}
          >
            {t("admin.bin.restore.n", { n: chosen.size })}
          </Button>
        </div>
      )}
      <div className={styles.body}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th className={styles.tight}>
                <Checkbox
                  aria-label={t("admin.bin.all")}
                  checked={all}
                  indeterminate={chosen.size > 0 && !all}
                  onChange={() => setChosen(all ? new Set() : new Set(rows.map((row) => row.id)))}
                />
              </th>
              <th>{label(object.label, object.name)}</th>
              <th>{t("admin.bin.when")}</th>
              <th className={styles.hidePhone}>{t("admin.bin.who")}</th>
              <th>
                <span className="sr">{t("admin.col.acts")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => {
              const title = titleOf(object, row) || t("admin.bin.untitled");
              return (
                <tr key={row.id} className={cx(chosen.has(row.id) && styles.on)}>
                  <td className={styles.tight}>
                    <Checkbox
                      aria-label={t("admin.bin.choose", { title })}
                      checked={chosen.has(row.id)}
                      onChange={() => toggle(row.id)}
                    />
                  </td>
                  <td>
                    <b style={{ fontWeight: 500 }}>{title}</b>
                  </td>
                  <td className={styles.second}>
                    <time dateTime={String(row.deleted_at)} title={f.datetime(String(row.deleted_at))}>
                      {f.ago(String(row.deleted_at))}
                    </time>
                  </td>
                  <td className={cx(styles.second, styles.hidePhone)}>
                    {(row.deleted_by as Ref | null)?.title ?? "—"}
                  </td>
                  <td className={styles.right}>
                    <Button
                      size="small"
                      icon={<RotateCcw />}
                      loading={busy === row.id}
                      onClick={() => void restore([row])}
                      aria-label={t("admin.bin.restore.this", { title })}
                    >
                      {t("admin.restore")}
                    </Button>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
        {found.hasNextPage && (
          <div className={styles.bar}>
            <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
              {t("admin.more")}
            </Button>
          </div>
        )}
      </div>
    </>
  );
}
