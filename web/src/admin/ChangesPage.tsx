/** What was done as one, and can be undone as one: imports, bulk changes, undoings. */
import { keepPreviousData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import {
  Archive,
  Blocks,
  Layers,
  type LucideIcon,
  Merge,
  Redo2,
  Rows3,
  Split,
  Trash2,
  Undo2,
  Upload,
  UserRoundX,
  Waves,
  Zap,
} from "lucide-react";
import { useState } from "react";
import { api } from "../api/client";
import { touchRecords, useCatalog, useRefreshCatalog } from "../api/queries";
import { type Key, useFormat, useLabel, useT } from "../i18n";
import { Badge, Button, Empty, Nothing, Page, useRefusal, useToast } from "../ui";
import { Select } from "../ui/antd";
import styles from "./admin.module.css";
import { Kept } from "./Kept";
import { Answered, DataTable, Find, Toggle, When } from "./Table";
import { CHANGES_KEY, type ChangeSet, type Undone, useSetName } from "./undoing";

interface Answer {
  data: ChangeSet[];
  next: string | null;
}

interface Progress {
  status: "queued" | "running" | "done" | "failed" | "cancelled";
  total: number;
  done: number;
}

interface Narrowed {
  kind?: string;
  object?: string;
  mine?: boolean;
  q?: string;
}

const ICONS: Record<string, LucideIcon> = {
  import: Upload,
  batch: Layers,
  mass: Rows3,
  undo: Undo2,
  action: Zap,
  catalog: Blocks,
  hand_over: UserRoundX,
  recycle: Waves,
  to_archive: Archive,
  to_bin: Trash2,
  merge: Merge,
  unmerge: Split,
};

/** Changes up to which an undo is tried before it is done: trying a large one takes as long as doing it. */
const TRIED = 5_000;

export default function ChangesPage() {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const client = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const refuse = useRefusal();
  const refresh = useRefreshCatalog();
  const named = useSetName();
  const asked = useSearch({ strict: false }) as Narrowed;
  const [busy, setBusy] = useState<string | null>(null);
  const [progress, setProgress] = useState<(Progress & { id: string }) | null>(null);
  const [results, setResults] = useState<Record<string, Undone>>({});
  const found = useInfiniteQuery({
    queryKey: [...CHANGES_KEY, "list", asked],
    queryFn: ({ pageParam, signal }) =>
      api.get<Answer>("/change_sets", { limit: 50, cursor: pageParam ?? undefined, ...asked }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Answer) => page.next,
    placeholderData: keepPreviousData,
  });
  const rows = found.data?.pages.flatMap((page) => page.data) ?? [];
  const narrow = (part: Narrowed) =>
    void navigate({ to: "/changes", search: { ...asked, ...part } as never, replace: true });
  const narrowed = Object.values(asked).some(Boolean);
  const say = (change: ChangeSet, result: Undone | null) =>
    setResults(({ [change.id]: _old, ...rest }) => (result ? { ...rest, [change.id]: result } : rest));

  /** A large one is a job's: how far it is is asked until it ends. */
  const follow = async (change: ChangeSet, begun: Undone): Promise<Undone> => {
    let now = begun as Undone & Progress;
    while (now.status === "queued" || now.status === "running") {
      setProgress({ id: change.id, ...now });
      await new Promise((resolve) => setTimeout(resolve, 1000));
      now = await api.get<Undone & Progress>(`/change_sets/${change.id}/undo`);
    }
    setProgress(null);
    if (now.status === "failed") throw new Error("failed");
    if (now.status === "cancelled") toast({ text: t("admin.undo.stopped", { n: now.undone }), tone: "warn" });
    return now;
  };

  /** First it is tried: what would be kept is shown, and then decided. Nothing to decide: it is done. */
  const undo = async (change: ChangeSet, how: "ask" | "keep" | "force") => {
    setBusy(change.id);
    const send = (body: object) => api.post<Undone>(`/change_sets/${change.id}/undo`, body).then(({ data }) => data);
    const { created, updated, deleted } = change.counts;
    try {
      if (how === "ask" && created + updated + deleted <= TRIED) {
        const tried = await send({ dry_run: true });
        if (tried.kept_count || change.kind === "catalog") return say(change, { ...tried, tried: true });
      }
      const large = created + updated + deleted > TRIED;
      const asked = how === "force" ? { force: true } : {};
      const done = large ? await follow(change, await send({ ...asked, background: true })) : await send(asked);
      // What is asked now can be answered at once, while the lists are still read anew.
      setBusy(null);
      say(change, done.kept_count ? done : null);
      toast({
        text: done.kept_count
          ? t("admin.undone.kept", { n: done.undone, kept: done.kept_count })
          : t(change.kind === "catalog" ? "admin.undone.shape" : "admin.undone", { n: done.undone }),
        tone: done.kept_count ? "warn" : "ok",
      });
      if (change.kind === "catalog") await refresh();
      await touchRecords(client);
      await client.invalidateQueries({ queryKey: CHANGES_KEY });
    } catch (reason) {
      refuse(reason);
    } finally {
      setBusy(null);
    }
  };

  return (
    <Page
      title={t("shell.changes")}
      bar={
        <>
          <p className={styles.lead}>{t("admin.changes.lead")}</p>
          <div className={styles.bar}>
            <Find
              label={t("admin.changes.find")}
              value={asked.q ?? ""}
              onChange={(q) => narrow({ q: q || undefined })}
            />
            <Select
              allowClear
              className={styles.pickOne}
              aria-label={t("admin.changes.kind")}
              placeholder={t("admin.changes.kind")}
              value={asked.kind}
              options={Object.keys(ICONS).map((kind) => ({
                value: kind,
                label: t(`admin.changes.kind.${kind}` as Key),
              }))}
              onChange={(kind: string | undefined) => narrow({ kind })}
            />
            <Select
              allowClear
              className={styles.pickOne}
              aria-label={t("admin.col.object")}
              placeholder={t("admin.col.object")}
              showSearch={{ optionFilterProp: "label" }}
              value={asked.object}
              options={catalog.objects.map((one) => ({ value: one.name, label: label(one.plural, one.name) }))}
              onChange={(object: string | undefined) => narrow({ object })}
            />
            <Toggle
              label={t("admin.changes.mine")}
              checked={asked.mine === true}
              onChange={(mine) => narrow({ mine: mine || undefined })}
            />
          </div>
        </>
      }
    >
      <div className={styles.body}>
        <Answered
          of={found}
          empty={
            rows.length === 0 &&
            (narrowed ? (
              <Empty
                title={t("admin.changes.unfound")}
                action={
                  <Button onClick={() => void navigate({ to: "/changes", search: {} as never })}>
                    {t("admin.changes.all")}
                  </Button>
                }
              />
            ) : (
              <Nothing of="admin.changes.none" />
            ))
          }
        >
          <DataTable
            rows={rows}
            name={(change) => change.id}
            title={(change) => {
              const { title, detail } = named(change);
              return [title, detail, f.datetime(change.at)].filter(Boolean).join(" ");
            }}
            columns={[
              {
                head: t("admin.changes.what"),
                cell: (change) => {
                  const Sign = ICONS[change.kind] ?? Layers;
                  const { title, detail } = named(change);
                  return (
                    <span className={styles.what}>
                      <Sign aria-hidden />
                      <span className={styles.shrink}>
                        <b className={styles.strong}>{title}</b>
                        {detail && <span className={styles.soft}> {detail}</span>}
                        <span className={`${styles.soft} ${styles.onPhone}`}>
                          {named(change).counts} · {f.ago(change.at)}
                        </span>
                      </span>
                    </span>
                  );
                },
              },
              { head: t("admin.changes.counts"), hide: "phone", soft: true, cell: (change) => named(change).counts },
              {
                head: t("admin.changes.who"),
                hide: "phone",
                soft: true,
                tight: true,
                cell: (change) => change.actor?.title,
              },
              {
                head: t("admin.changes.when"),
                hide: "phone",
                soft: true,
                tight: true,
                cell: (change) => <When at={change.at} />,
              },
              {
                head: t("admin.col.acts"),
                acts: true,
                cell: (change) => (
                  <span className={styles.acts}>
                    {progress?.id === change.id && (
                      <>
                        <span role="status">
                          {t("admin.undo.under", { done: f.number(progress.done), total: f.number(progress.total) })}
                        </span>
                        <Button size="small" onClick={() => void api.del(`/change_sets/${change.id}/undo`)}>
                          {t("admin.undo.stop")}
                        </Button>
                      </>
                    )}
                    {change.undone_by && <Badge>{t("admin.changes.undone")}</Badge>}
                    {change.undoable && !results[change.id] && (
                      <Button
                        size="small"
                        icon={change.kind === "undo" ? <Redo2 /> : <Undo2 />}
                        loading={busy === change.id}
                        onClick={() => void undo(change, "ask")}
                      >
                        {t(change.kind === "undo" ? "admin.changes.redo" : "shell.undo")}
                      </Button>
                    )}
                  </span>
                ),
              },
            ]}
            under={(change) => {
              const result = results[change.id];
              return (
                result && (
                  <Kept
                    change={change}
                    result={result}
                    busy={busy === change.id}
                    onUndo={(how) => void undo(change, how)}
                    onLeave={() => say(change, null)}
                  />
                )
              );
            }}
          />
        </Answered>
      </div>
    </Page>
  );
}
