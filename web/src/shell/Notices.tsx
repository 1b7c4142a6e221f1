/** The bell: what one is told, newest first, over the imports that are under way. */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Bell, CheckCheck, FileUp, Settings } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { api } from "../api/client";
import { useLive } from "../api/live";
import { useArrived, useCatalog } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import type { Ref } from "../schema/catalog";
import { type Filter, these } from "../schema/filter";
import { type Run, running } from "../transfer/model";
import { importKeys } from "../transfer/state";
import { Avatar, Button, cx, Empty, ErrorState, IconButton, Mark, Nothing, Popover, SkeletonRows, say } from "../ui";
import styles from "./shell.module.css";

const SHOWN = 8;
const runsKey = [...importKeys.all, "notices"] as const;
const key = ["notifications"] as const;

interface Notice {
  id: string;
  at: string;
  kind: string;
  read: boolean;
  text: string;
  actor: Ref | null;
  object: string | null;
  record: { object: string; id: string; title: string } | null;
  /** Several that it is about, where all are known. */
  records: string[] | null;
  /** Finds those that are more than are named. */
  filter: Filter | null;
  body: string;
  changes: Record<string, unknown> | null;
  count: number;
  /** Where there is no record to go to. */
  link: { to: "import" | "undo" | "hand_over" | "segment" | "pool"; id: string; object?: string } | null;
}

interface NoticePage {
  data: Notice[];
  next: string | null;
  unread: number;
  more: boolean;
}

/** Imports under way; whoever makes a check waits for it. */
function useRuns(arrived: boolean): Run[] {
  const catalog = useCatalog();
  const client = useQueryClient();
  const { data } = useQuery({
    queryKey: runsKey,
    queryFn: ({ signal }) =>
      api.get<{ data: Run[] }>("/imports", { limit: 20, dry_run: false }, signal).then((answer) => answer.data),
    enabled: arrived && catalog.objects.some((object) => object.can.import),
    staleTime: 60_000,
    meta: { told: true },
  });
  useLive("job", () => void client.invalidateQueries({ queryKey: runsKey }));
  return (data ?? []).filter((run) => !run.dry_run && running(run)).slice(0, SHOWN);
}

export function Notices() {
  const t = useT();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [fresh, setFresh] = useState(false);
  const arrived = useArrived();
  const runs = useRuns(arrived);
  const bell = useQuery({
    queryKey: [...key, "bell"],
    queryFn: ({ signal }) => api.get<NoticePage>("/notifications", { limit: 1 }, signal),
    enabled: arrived,
    staleTime: 60_000,
    meta: { told: true },
  });
  const query = useInfiniteQuery({
    queryKey: [...key, fresh],
    queryFn: ({ pageParam, signal }) =>
      api.get<NoticePage>("/notifications", { limit: 20, cursor: pageParam, unread: fresh || undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    enabled: open,
    staleTime: 60_000,
    placeholderData: (before) => before,
  });
  const again = () => void client.invalidateQueries({ queryKey: key });
  useLive("notification", again);
  const first = bell.data;
  const notices = query.data?.pages.flatMap((page) => page.data) ?? [];
  const n = first?.unread ?? 0;
  // Whoever looks sees the number grow.
  const before = useRef<number>(undefined);
  useEffect(() => {
    if (before.current !== undefined && n > before.current) say(t("shell.notices.fresh", { n }));
    if (first) before.current = n;
  }, [n, first, t]);
  const mark = async (ids?: string[]) => {
    await api.post("/notifications/read", ids ? { ids } : {}).catch(() => undefined);
    again();
  };
  const close = () => setOpen(false);
  const rows = [
    ...(fresh ? [] : runs).map((run) => <RunRow key={run.id} run={run} onOpen={close} />),
    ...notices.map((one) => (
      <NoticeRow key={one.id} notice={one} onOpen={close} onRead={() => !one.read && void mark([one.id])} />
    )),
  ];
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      placement="bottomRight"
      label={t("shell.notices")}
      className={styles.notices}
      content={
        <>
          <div className={styles.noticeHead}>
            {[false, true].map((only) => (
              <button
                key={String(only)}
                type="button"
                aria-pressed={fresh === only}
                className={cx(styles.noticeTab, fresh === only && styles.noticeOn)}
                onClick={() => setFresh(only)}
              >
                {t(only ? "told.fresh" : "told.all")}
                {only && (first?.unread ?? 0) > 0 && (
                  <small>
                    {first?.unread}
                    {first?.more && "+"}
                  </small>
                )}
              </button>
            ))}
            <span className="spring" />
            <IconButton
              small
              icon={<CheckCheck />}
              label={t("told.read.all")}
              disabled={!first?.unread}
              onClick={() => void mark()}
            />
            <Link
              to="/settings/$"
              params={{ _splat: "notifications" }}
              className={styles.noticeSettings}
              aria-label={t("told.settings")}
              data-tip={t("told.settings")}
              onClick={close}
            >
              <Settings aria-hidden />
            </Link>
          </div>
          {rows.length === 0 && query.error ? (
            <ErrorState error={query.error} retry={() => void query.refetch()} small />
          ) : rows.length === 0 && !query.data ? (
            <SkeletonRows rows={4} />
          ) : rows.length === 0 ? (
            fresh ? (
              <Empty title={t("told.none.fresh")} />
            ) : (
              <Nothing of="told.none" />
            )
          ) : (
            <ul>
              {rows}
              {query.hasNextPage && (
                <li className={styles.noticeMore}>
                  <Button
                    type="text"
                    size="small"
                    loading={query.isFetchingNextPage}
                    onClick={() => void query.fetchNextPage()}
                  >
                    {t("told.more")}
                  </Button>
                </li>
              )}
            </ul>
          )}
        </>
      }
    >
      <IconButton
        icon={
          <>
            <Bell />
            {n > 0 && <i className={styles.badge}>{first?.more || n > 99 ? "99+" : n}</i>}
          </>
        }
        label={n > 0 ? t("shell.notices.fresh", { n }) : t("shell.notices")}
      />
    </Popover>
  );
}

function NoticeRow({ notice, onOpen, onRead }: { notice: Notice; onOpen: () => void; onRead: () => void }) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const fields = catalog.object(notice.object ?? "")?.fields ?? [];
  const changed = Object.keys(notice.changes ?? {}).flatMap((name) => {
    const field = fields.find((one) => one.name === name && !one.of);
    return field ? [label(field.label, name)] : [];
  });
  const who = notice.actor?.title;
  const body = (
    <>
      {who ? <Avatar name={who} id={notice.actor?.id ?? who} size={26} /> : <Mark size={26 / 1.4} tone="pale" />}
      <span className={styles.noticeText}>
        <span>{notice.text}</span>
        {notice.body && <q>{notice.body}</q>}
        {changed.length > 0 && (
          <small className="ellipsis">{t("told.changes", { fields: changed.join(t("record.comma")) })}</small>
        )}
        <time dateTime={notice.at}>{f.ago(notice.at)}</time>
      </span>
      {!notice.read && <i className={styles.noticeDot} title={t("told.unread")} />}
    </>
  );
  const className = cx(styles.notice, !notice.read && styles.noticeFresh);
  const { record, link } = notice;
  const to =
    link?.to === "segment" && notice.count > 1 && !notice.records
      ? ({ to: "/segments/$segment", params: { segment: link.id }, search: {} } as const)
      : link?.to === "pool"
        ? ({ to: "/pools/$pool", params: { pool: link.id } } as const)
        : notice.count > 1 && notice.object
          ? ({
              to: "/o/$object",
              params: { object: notice.object },
              search: notice.records
                ? { filter: these(notice.records) }
                : notice.filter
                  ? { filter: notice.filter }
                  : {},
            } as const)
          : record
            ? ({ to: "/o/$object/$id", params: { object: record.object, id: record.id } } as const)
            : link?.object
              ? ({ to: "/import/$object", params: { object: link.object }, search: { run: link.id } } as const)
              : link
                ? ({ to: "/changes" } as const)
                : null;
  return (
    <li>
      {to ? (
        <Link
          {...to}
          className={className}
          onClick={() => {
            onRead();
            onOpen();
          }}
        >
          {body}
        </Link>
      ) : (
        <button type="button" className={className} onClick={onRead}>
          {body}
        </button>
      )}
    </li>
  );
}

function RunRow({ run, onOpen }: { run: Run; onOpen: () => void }) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const said = t("shell.notices.running", { n: run.read, of: run.rows || run.read });
  return (
    <li>
      <Link
        to="/import/$object"
        params={{ object: run.object }}
        search={{ run: run.id }}
        className={styles.notice}
        onClick={onOpen}
      >
        <span className={styles.noticeSign}>
          <FileUp aria-hidden />
        </span>
        <span className={styles.noticeText}>
          <span>{t("shell.notices.import", { objects: label(catalog.object(run.object)?.plural, run.object) })}</span>
          <span>{said}</span>
          <small className="ellipsis">{run.name}</small>
          <time dateTime={run.at}>{f.ago(run.at)}</time>
        </span>
      </Link>
    </li>
  );
}
