/** Every change of a record: what it was, what it became, who did it, and the way back. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client";
import { keys } from "../api/queries";
import { isEmpty, twin, useFormatContext } from "../fields";
import { useT } from "../i18n";
import type { Field, ObjectDef, RecordData, Ref } from "../schema/catalog";
import { Avatar, Button, ErrorState, IconButton, useLate, useRefusal, useToast } from "../ui";
import { writable } from "./FormFields";
import styles from "./History.module.css";
import { Stale, useSave } from "./RecordSave";
import { changesOf, TimelineSkeleton } from "./Timeline";
import type { Through } from "./useTimeline";

interface HistoryEntry {
  at: string;
  actor: Ref | null;
  cause: string | null;
  kind: "create" | "update" | "delete" | "restore" | "archive" | "unarchive";
  changes: Record<string, [unknown, unknown]>;
  change_set: string | null;
  version: number;
  hidden?: number;
  /** What went into the record by this change. */
  merged?: { id: string; title: string | null }[];
  /** The record went into another one. */
  into?: { id: string };
  /** What did it of itself, and who had set that off. */
  through?: Through;
  /** What was written, where another form of it was stored. */
  typed?: Record<string, unknown>;
}

const CAUSES = new Set(["import", "undo", "action", "mass", "batch", "api", "flow", "system"]);
type Cause = "import" | "undo" | "action" | "mass" | "batch" | "api" | "flow" | "system";

/** Of what is not there any more nothing is put back. */
const NOTHING = Object.fromEntries(
  ["read", "create", "update", "delete", "export", "import"].map((verb) => [verb, verb === "read"]),
) as unknown as ObjectDef["can"];

function Entry({ entry, object, record }: { entry: HistoryEntry; object: ObjectDef; record: RecordData }) {
  const ctx = useFormatContext();
  const { t, f } = ctx;
  const save = useSave(object);
  const toast = useToast();
  const refuse = useRefusal();
  const [busy, setBusy] = useState(false);
  const changes = changesOf(object, entry.changes);
  const back = entry.kind === "update" && object.can.update ? changes.filter(({ field }) => writable(field)) : [];
  const typed = object.fields.flatMap((field) =>
    entry.typed && field.name in entry.typed ? [[field, entry.typed[field.name]] as const] : [],
  );
  const cause = entry.cause?.split(":")[0] ?? "";
  const through = entry.through && ctx.label(entry.through.label);

  /** Only this record goes back, whatever else its change set touched: all that was changed, or one field of it. */
  const restore = async (only?: Field) => {
    setBusy(true);
    try {
      const wanted = only ? back.filter(({ field }) => field === only) : back;
      const values = Object.fromEntries(wanted.map(({ field, before }) => [field.name, before ?? null]));
      for (const { field } of wanted) {
        for (const part of object.fields) {
          const sides = part.of === field.name && !part.readonly ? entry.changes[part.name] : undefined;
          if (sides) values[part.name] = sides[0] ?? null;
        }
      }
      await save(record, values, { done: t("record.restored.done") });
    } catch (reason) {
      if (reason instanceof Stale) toast({ text: t("record.stale.moved", { who: reason.who }), tone: "warn" });
      else refuse(reason);
    } finally {
      setBusy(false);
    }
  };

  return (
    <li className={styles.entry}>
      <header>
        <Avatar name={through ?? entry.actor?.title ?? "?"} id={through ? undefined : entry.actor?.id} />
        <b>{through ?? (entry.actor ? (entry.actor.title ?? t("record.somebody")) : t("record.system"))}</b>
        <span className={styles.kind}>
          {t(`record.history.${entry.kind}`)}
          {CAUSES.has(cause) && ` · ${t(`record.cause.${cause as Cause}`)}`}
          {entry.through?.by && ` · ${t("record.setOff", { who: entry.through.by.title ?? t("record.somebody") })}`}
        </span>
        <time dateTime={entry.at}>{f.datetime(entry.at)}</time>
        {back.length > 0 && (
          <Button size="small" type="text" icon={<RotateCcw />} loading={busy} onClick={() => void restore()}>
            {t("record.history.back")}
            <span className="sr"> · {f.datetime(entry.at)}</span>
          </Button>
        )}
      </header>
      {entry.kind !== "create" && changes.length > 0 && (
        <table aria-label={t("record.history")}>
          <thead className="sr">
            <tr>
              <th>{t("record.history.field")}</th>
              <th>{t("record.history.before")}</th>
              <th>{t("record.history.after")}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {changes.map(({ field, before, after }) => {
              const say = (value: unknown) => (isEmpty(value) ? "" : twin(field).format(value, field, ctx, record));
              return (
                <tr key={field.name}>
                  <th scope="row">{ctx.label(field.label, field.name)}</th>
                  <td className={styles.before}>
                    <bdi>{say(before) || "—"}</bdi>
                  </td>
                  <td>{say(after) ? <bdi>{say(after)}</bdi> : <span className={styles.before}>—</span>}</td>
                  <td className={styles.one}>
                    {back.length > 1 && back.some((one) => one.field === field) && (
                      <IconButton
                        small
                        icon={<RotateCcw />}
                        disabled={busy}
                        label={t("record.history.back.one", { field: ctx.label(field.label, field.name) })}
                        onClick={() => void restore(field)}
                      />
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      {typed.length > 0 && (
        <dl className={styles.typed}>
          {typed.map(([field, value]) => (
            <div key={field.name}>
              <dt>{t("record.history.typed", { field: ctx.label(field.label, field.name) })}</dt>
              <dd>{typeof value === "string" ? value : twin(field).format(value, field, ctx)}</dd>
            </div>
          ))}
        </dl>
      )}
      {entry.into && <p className={styles.hidden}>{t("merge.history.into")}</p>}
      {entry.merged?.map((lost) => (
        <Lost key={lost.id} object={object} lost={lost} />
      ))}
      {entry.hidden ? <p className={styles.hidden}>{t("record.history.hidden", { n: entry.hidden })}</p> : null}
    </li>
  );
}

/** What happened to a record before it went into this one. */
function Lost({ object, lost }: { object: ObjectDef; lost: { id: string; title: string | null } }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const title = lost.title ?? t("merge.untitled");
  return (
    <div className={styles.hidden}>
      <p>{t("merge.history", { names: title })}</p>
      {lost.title !== null && (
        <details onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>{t("merge.history.show", { title })}</summary>
          {open && <History object={{ ...object, can: NOTHING }} record={{ id: lost.id } as RecordData} />}
        </details>
      )}
    </div>
  );
}

export function History({ object, record }: { object: ObjectDef; record: RecordData }) {
  const t = useT();
  const late = useLate();
  const query = useInfiniteQuery({
    queryKey: keys.history(object.name, record.id),
    queryFn: ({ pageParam, signal }) =>
      api.get<{ data: HistoryEntry[]; next: string | null }>(
        `/records/${object.name}/${record.id}/history`,
        { limit: 25, cursor: pageParam ?? undefined },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 15_000,
  });
  if (query.isLoadingError) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return late ? <TimelineSkeleton /> : null;
  const entries = query.data.pages.flatMap((page) => page.data);
  return (
    <>
      <ol className={styles.history} aria-label={t("record.history")}>
        {entries.map((entry) => (
          <Entry key={`${entry.version} ${entry.at} ${entry.kind}`} entry={entry} object={object} record={record} />
        ))}
      </ol>
      {query.hasNextPage && (
        <Button type="text" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t("record.timeline.older")}
        </Button>
      )}
    </>
  );
}
