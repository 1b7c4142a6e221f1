/** What was done as one, and can be undone as one: imports, bulk changes, undoings. */
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { Blocks, Layers, type LucideIcon, Rows3, Undo2, Upload, Zap } from "lucide-react";
import { Fragment, useState } from "react";
import { ApiError, api } from "../api/client";
import { touchRecords, useCatalog } from "../api/queries";
import type { UndoAnswer } from "../api/writes";
import { type Key, useFormat, useLabel, useT } from "../i18n";
import type { Ref } from "../schema/catalog";
import { Badge, Empty, ErrorState, Page, SkeletonRows, useToast } from "../ui";
import styles from "./admin.module.css";
import { CHANGES_KEY } from "./undoing";

interface ChangeSet {
  id: string;
  at: string;
  actor: Ref | null;
  kind: string;
  label: string | null;
  object: string | null;
  counts: { created: number; updated: number; deleted: number };
  undoes?: string | null;
  undone_by: string | null;
  undoable: boolean;
}

interface Answer {
  data: ChangeSet[];
  next: string | null;
}

type Undone = UndoAnswer & { kept_count?: number };

const ICONS: Record<string, LucideIcon> = {
  import: Upload,
  batch: Layers,
  mass: Rows3,
  undo: Undo2,
  action: Zap,
  catalog: Blocks,
};
const KINDS = new Set(Object.keys(ICONS));
const REASONS = new Set([
  "edited_since",
  "object_retired",
  "not_found",
  "forbidden",
  "still_referenced",
  "invalid",
  "conflict",
]);
const OPS = new Set([
  "add_object",
  "change_object",
  "retire_object",
  "restore_object",
  "add_field",
  "change_field",
  "retire_field",
  "restore_field",
  "add_option",
  "change_option",
  "retire_option",
  "set_layout",
  "add_view",
  "change_view",
  "retire_view",
  "add_pipeline",
  "change_pipeline",
]);

export default function ChangesPage() {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const client = useQueryClient();
  const toast = useToast();
  const [busy, setBusy] = useState<string | null>(null);
  const [undone, setUndone] = useState<Record<string, Undone>>({});
  const found = useInfiniteQuery({
    queryKey: [...CHANGES_KEY, "list"],
    queryFn: ({ pageParam, signal }) =>
      api.get<Answer>("/change_sets", { limit: 50, cursor: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Answer) => page.next,
  });
  const rows = found.data?.pages.flatMap((page) => page.data) ?? [];

  const undo = async (change: ChangeSet, force: boolean) => {
    setBusy(change.id);
    try {
      const { data } = await api.post<Undone>(`/change_sets/${change.id}/undo`, force ? { force } : {});
      setUndone({ ...undone, [change.id]: data });
      const kept = data.kept_count ?? data.kept.length;
      toast({
        text: kept ? t("admin.undone.kept", { n: data.undone, kept }) : t("admin.undone", { n: data.undone }),
        tone: kept ? "warn" : "ok",
      });
      await touchRecords(client);
      await client.invalidateQueries({ queryKey: CHANGES_KEY });
    } catch (reason) {
      toast({ text: reason instanceof ApiError ? reason.message : t("shell.error.text"), tone: "danger" });
    } finally {
      setBusy(null);
    }
  };

  const counts = ({ counts: { created, updated, deleted }, kind }: ChangeSet) =>
    kind === "catalog"
      ? t("admin.changes.catalog", { n: updated })
      : [
          created && t("admin.changes.created", { n: created }),
          updated && t("admin.changes.updated", { n: updated }),
          deleted && t("admin.changes.deleted", { n: deleted }),
        ]
          .filter(Boolean)
          .join(t("record.comma"));

  /** A change of the catalog as it is kept (`add_field account tier`), in the reader's words. */
  const said = (text: string): string =>
    text
      .split("; ")
      .map((part) => {
        const [op = "", name = "", field] = part.split(" ");
        if (!OPS.has(op)) return part;
        const object = catalog.object(name);
        const what = [
          label(object?.label, name),
          field && label(object?.fields.find((one) => one.name === field)?.label, field),
        ];
        return `${t(`admin.op.${op}` as Key)} ${what.filter(Boolean).join(" · ")}`;
      })
      .join(t("record.comma"));

  /** An action as it is kept (`convert Ann Lee`): its label, then the record. */
  const acted = (text: string): string => {
    const [name = "", ...rest] = text.split(" ");
    const action = catalog.objects.flatMap((object) => object.actions).find((one) => one.name === name);
    return [label(action?.label, name), ...rest].join(" ");
  };

  return (
    <Page title={t("shell.changes")}>
      <p className={styles.lead}>{t("admin.changes.lead")}</p>
      <div className={styles.body}>
        {found.isPending ? (
          <SkeletonRows />
        ) : found.isError ? (
          <ErrorState error={found.error} retry={found.refetch} />
        ) : rows.length === 0 ? (
          <Empty title={t("admin.changes.none")} text={t("admin.changes.none.text")} />
        ) : (
          <table className={styles.table}>
            <thead>
              <tr>
                <th>{t("admin.changes.what")}</th>
                <th className={styles.hidePhone}>{t("admin.changes.counts")}</th>
                <th className={styles.hidePhone}>{t("admin.changes.who")}</th>
                <th className={styles.hidePhone}>{t("admin.changes.when")}</th>
                <th>
                  <span className="sr">{t("admin.col.acts")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((change) => {
                const Sign = ICONS[change.kind] ?? Layers;
                const object = catalog.object(change.object);
                const result = undone[change.id];
                const kept = result ? (result.kept_count ?? result.kept.length) : 0;
                return (
                  <Fragment key={change.id}>
                    <tr>
                      <td>
                        <span className={styles.what}>
                          <Sign aria-hidden />
                          <span style={{ minWidth: 0 }}>
                            <b style={{ fontWeight: 500 }}>
                              {KINDS.has(change.kind) ? t(`admin.changes.kind.${change.kind}` as Key) : change.kind}
                              {object && ` · ${label(object.plural, object.name)}`}
                            </b>
                            {change.label && (
                              <span className={styles.soft}>
                                {" "}
                                {change.kind === "catalog"
                                  ? said(change.label)
                                  : change.kind === "action"
                                    ? acted(change.label)
                                    : change.label}
                              </span>
                            )}
                            <PhoneLine text={`${counts(change)} · ${f.ago(change.at)}`} />
                          </span>
                        </span>
                      </td>
                      <td className={`${styles.second} ${styles.hidePhone}`}>{counts(change)}</td>
                      <td className={`${styles.second} ${styles.hidePhone}`}>{change.actor?.title ?? "—"}</td>
                      <td className={`${styles.second} ${styles.hidePhone}`}>
                        <time dateTime={change.at} title={f.datetime(change.at)}>
                          {f.ago(change.at)}
                        </time>
                      </td>
                      <td className={styles.right}>
                        <span className={styles.acts}>
                          {change.undone_by && <Badge>{t("admin.changes.undone")}</Badge>}
                          {change.undoable && (
                            <Button
                              size="small"
                              icon={<Undo2 />}
                              loading={busy === change.id}
                              onClick={() => void undo(change, false)}
                            >
                              {t(change.kind === "undo" ? "admin.changes.redo" : "shell.undo")}
                            </Button>
                          )}
                        </span>
                      </td>
                    </tr>
                    {result && kept > 0 && (
                      <tr>
                        <td colSpan={5} className={styles.kept}>
                          <p style={{ marginBottom: 4 }}>{t("admin.kept", { n: kept })}</p>
                          <ul>
                            {result.kept.slice(0, 20).map((one) => (
                              <li key={`${one.object} ${one.id}`}>
                                <Link
                                  to="/o/$object/$id"
                                  params={{ object: one.object, id: one.id }}
                                  className={styles.linkButton}
                                >
                                  {one.title || one.id}
                                </Link>
                                <span>
                                  {REASONS.has(one.reason) ? t(`admin.kept.${one.reason}` as Key) : one.reason}
                                </span>
                              </li>
                            ))}
                          </ul>
                          {kept > 20 && <p>{t("admin.kept.more", { n: kept - 20 })}</p>}
                          <Button
                            size="small"
                            danger
                            style={{ marginTop: 6 }}
                            loading={busy === change.id}
                            onClick={() => void undo(change, true)}
                          >
                            {t("admin.kept.force")}
                          </Button>
                        </td>
                      </tr>
                    )}
                  </Fragment>
                );
              })}
            </tbody>
          </table>
        )}
        {found.hasNextPage && (
          <div className={styles.bar}>
            <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
              {t("admin.more")}
            </Button>
          </div>
        )}
      </div>
    </Page>
  );
}

function PhoneLine({ text }: { text: string }) {
  return <span className={`${styles.soft} ${styles.onPhone}`}>{text}</span>;
}
