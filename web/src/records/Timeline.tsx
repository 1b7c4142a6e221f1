/** Everything that happened around a record, newest first, by kind. */
import { Link } from "@tanstack/react-router";
import {
  Ellipsis,
  Flag,
  History as HistoryIcon,
  ListChecks,
  type LucideIcon,
  MapPin,
  MessageSquare,
  Pencil,
  Phone,
  Plus,
  SquarePen,
  Trash2,
} from "lucide-react";
import { memo, useDeferredValue, useState } from "react";
import { useCatalog } from "../api/queries";
import { useWrites } from "../api/writes";
import { isEmpty, twin, useFormatContext } from "../fields";
import { asText, type Values } from "../fields/twin";
import { useT } from "../i18n";
import type { Field, ObjectDef, RecordData, Ref } from "../schema/catalog";
import { same } from "../schema/filter";
import { Badge, Button, cx, Dropdown, ErrorState, Icon, IconButton, Tick, useLate } from "../ui";
import { EditForm } from "./forms";
import { Said } from "./Mention";
import styles from "./Timeline.module.css";
import { Facts, isGrave, toldOf } from "./TimelineFacts";
import { type Shown, type TimelineItem, useTimeline } from "./useTimeline";

const ICONS: Record<string, LucideIcon> = {
  note: Pencil,
  comment: MessageSquare,
  task: ListChecks,
  call: Phone,
  meeting: MapPin,
  change: HistoryIcon,
  stage: Flag,
  created: Plus,
};

/** How one reaches people: the newest of these is the last contact. */
const CONTACTS = new Set(["call", "meeting", "note"]);

/** Field, before, arrow, after. */
export function Change({
  field,
  before,
  after,
  record,
}: {
  field: Field;
  before: unknown;
  after: unknown;
  record?: Values;
}) {
  const ctx = useFormatContext();
  const { format } = twin(field);
  const say = (value: unknown) => (isEmpty(value) ? "" : format(value, field, ctx, record));
  const [from, to] = [say(before), say(after)];
  return (
    <span className={styles.change}>
      <b>{ctx.label(field.label, field.name)}</b>{" "}
      {from && (
        <>
          <bdi className={styles.before}>{from}</bdi>
          <span aria-hidden="true"> → </span>
          <span className="sr">{ctx.t("record.became")}</span>
        </>
      )}
      {to ? <bdi className={styles.after}>{to}</bdi> : <span className={styles.before}>{ctx.t("record.emptied")}</span>}
    </span>
  );
}

/** The changed fields that a person knows by name: companions go with what they belong to. */
export function changesOf(
  object: ObjectDef,
  changes: Record<string, [unknown, unknown]> | null,
): { field: Field; before: unknown; after: unknown }[] {
  return Object.entries(changes ?? {}).flatMap(([name, [before, after]]) => {
    const field = object.fields.find((one) => one.name === name);
    return field && !field.of ? [{ field, before, after }] : [];
  });
}

const TOGETHER = 30 * 60_000;

/** Changes that one person made in one go are one entry: each field from what it was first to what it became last. */
function fold(items: TimelineItem[]): TimelineItem[] {
  const folded: TimelineItem[] = [];
  for (const item of items) {
    const newer = folded.at(-1);
    const together =
      newer?.kind === "change" &&
      item.kind === "change" &&
      newer.change === item.change &&
      newer.actor?.id === item.actor?.id &&
      newer.by === item.by &&
      Date.parse(newer.at) - Date.parse(item.at) < TOGETHER;
    if (!newer || !together) {
      folded.push(item);
      continue;
    }
    const changes = { ...item.changes };
    for (const [name, [before, after]] of Object.entries(newer.changes ?? {})) {
      changes[name] = [changes[name] ? changes[name][0] : before, after];
      if (same(changes[name][0], after)) delete changes[name];
    }
    folded[folded.length - 1] = { ...newer, changes };
  }
  // What was changed and changed back leaves nothing to tell; the history has it all the same.
  return folded.filter(
    (item) => item.kind !== "change" || item.change !== "update" || Object.keys(item.changes ?? {}).length > 0,
  );
}

/** A task's box: ticked where it stands, undone from the toast. */
function Done({ item }: { item: TimelineItem }) {
  const t = useT();
  const writes = useWrites(item.object);
  const [done, setDone] = useState<boolean | null>(null);
  const record = item.record;
  if (!record || !("status" in record)) return null;
  const ticked = done ?? record.status === "done";
  return (
    <Tick
      checked={ticked}
      label={t("record.task.done", { task: item.title })}
      onToggle={async () => {
        setDone(!ticked);
        try {
          await writes.update(
            item.id,
            { status: ticked ? "open" : "done" },
            { done: ticked ? undefined : t("shell.today.done", { title: item.title }) },
          );
        } catch {
          // The toast has said it.
        } finally {
          setDone(null);
        }
      }}
    />
  );
}

interface ItemProps {
  item: TimelineItem;
  object: ObjectDef;
  /** The record whose changes it tells. */
  subject?: RecordData;
  /** The newest contact. */
  latest?: boolean;
  onEdit: (item: TimelineItem) => void;
}

/** What was written can be put right or taken away; both can be undone. */
function Acts({ item, activity, onEdit }: { item: TimelineItem; activity: ObjectDef; onEdit: ItemProps["onEdit"] }) {
  const { t, label } = useFormatContext();
  const writes = useWrites(item.object);
  const what = item.title || label(activity.label);
  if (!activity.can.update && !activity.can.delete) return null;
  return (
    <span className={styles.acts}>
      <Dropdown
        placement="bottomRight"
        menu={{
          items: [
            activity.can.update
              ? { key: "edit", icon: <SquarePen />, label: t("record.edit"), onClick: () => onEdit(item) }
              : null,
            activity.can.delete
              ? {
                  key: "delete",
                  icon: <Trash2 />,
                  danger: true,
                  label: t("record.delete"),
                  onClick: () => void writes.remove([item.id]).catch(() => undefined),
                }
              : null,
          ],
        }}
      >
        <IconButton small icon={<Ellipsis />} label={t("record.menu.of", { title: what })} />
      </Dropdown>
    </span>
  );
}

export const TimelineEntry = memo(function TimelineEntry({ item, object, subject, latest, onEdit }: ItemProps) {
  const ctx = useFormatContext();
  const { t, f } = ctx;
  const activity = item.record ? ctx.catalog.object(item.object) : undefined;
  const person = item.actor ? (item.actor.title ?? t("record.somebody")) : t("record.system");
  const flow = item.through ? ctx.label(item.through.label) : t("record.flow");
  const who = item.by === "flow" ? flow : person;
  const { about } = item;
  const changes = changesOf(object, item.changes);
  const body = item.body && item.body.trim() !== item.title.trim() ? item.body : "";
  const written = item.kind === "note" || item.kind === "comment";
  const human = written || item.kind === "call" || item.kind === "meeting";
  const text = body || (written ? item.title : "");
  // A note goes by its first line; the box below says it in full.
  const heading = written ? "" : item.title;
  const named = Array.isArray(item.record?.mentions) ? (item.record.mentions as Ref[]) : [];
  const Known = ICONS[item.kind];
  const told = activity && item.record ? toldOf(activity, item.record) : [];
  const grave = activity !== undefined && isGrave(activity, told);
  const day =
    activity && !activity.activity && activity.fields.find((one) => one.name === activity.moment)?.type === "date";
  const when = day ? f.day(asText(item.record?.[activity.moment])) : f.datetime(item.at);
  const late =
    item.kind === "task" &&
    item.record?.status === "open" &&
    Boolean(item.record?.due_at) &&
    Date.parse(asText(item.record?.due_at)) < Date.now();
  return (
    <li className={styles.item} data-kind={item.kind}>
      <span className={cx(styles.dot, latest && styles.accent, (late || grave) && styles.danger)}>
        {Known ? <Known aria-hidden /> : <Icon name={activity?.icon ?? "calendar"} />}
      </span>
      <div className={styles.line}>
        <time dateTime={item.at} title={when}>
          {when}
        </time>
        {item.kind === "task" && <Done item={item} />}
        <span className={styles.who}>{who}</span>{" "}
        {activity ? (
          <span className={styles.what}>
            {ctx.label(activity.label, item.kind)}
            {heading && (
              <>
                {" "}
                <span className={styles.between}>· </span>
                <Link
                  to="/o/$object/$id"
                  params={{ object: item.object, id: item.id }}
                  className={cx(styles.title, item.kind === "task" && item.record?.status === "done" && styles.struck)}
                >
                  <bdi>{heading}</bdi>
                </Link>
              </>
            )}
          </span>
        ) : (
          <span className={styles.what}>
            {item.kind === "created"
              ? t(item.origin ? "record.timeline.imported" : "record.timeline.created", {
                  object: ctx.label(object.label, object.name),
                  who: item.origin?.actor?.title ?? t("record.somebody"),
                  when: item.origin ? f.datetime(item.origin.at) : "",
                })
              : changes.slice(0, 3).map((change) => <Change key={change.field.name} {...change} record={subject} />)}
            {item.kind !== "created" &&
              changes.length === 0 &&
              t(
                item.change === "restore"
                  ? "record.timeline.restored"
                  : item.change === "archive" || item.change === "unarchive"
                    ? `record.history.${item.change}`
                    : "record.timeline.changed",
              )}
            {changes.length > 3 && t("record.timeline.more", { n: changes.length - 3 })}
          </span>
        )}
        {latest && (
          <span className={styles.latest}>
            <Badge tone="accent">{t("record.latest")}</Badge>
          </span>
        )}
        {about?.title && (
          <Link className={styles.about} to="/o/$object/$id" params={{ object: about.object ?? "", id: about.id }}>
            <Badge>
              <bdi>{about.title}</bdi>
            </Badge>
          </Link>
        )}
        {activity && <Acts item={item} activity={activity} onEdit={onEdit} />}
      </div>
      {human && text && (
        <div className={styles.box}>
          <p className={styles.text} dir="auto">
            <Said text={text} people={named} />
          </p>
          <Facts item={item} told={told} />
        </div>
      )}
      {!(human && text) && (
        <>
          {body && (
            <p className={cx(styles.body, styles.text)} dir="auto">
              {body}
            </p>
          )}
          <Facts item={item} told={told} />
        </>
      )}
    </li>
  );
});

interface TimelineProps {
  object: ObjectDef;
  record: RecordData;
  shown: Shown;
}

export function Timeline({ object, record, shown }: TimelineProps) {
  const t = useT();
  const late = useLate();
  const catalog = useCatalog();
  const [editing, setEditing] = useState<TimelineItem | null>(null);
  const query = useTimeline(object, record, shown);
  // Twenty entries take longer to draw than a key may wait.
  const data = useDeferredValue(query.data);
  const some = Object.values(shown).some(Boolean);
  if (query.isLoadingError) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  if (!query.data || !data) return late ? <TimelineSkeleton /> : null;
  const items = fold(data.pages.flatMap((page) => page.data));
  if (items.length === 0)
    return <p className={styles.none}>{t(some ? "record.timeline.none.kind" : "record.timeline.none")}</p>;
  const now = Date.now();
  const activity = catalog.object(editing?.object);
  const edited = editing?.record && activity ? { object: activity, record: editing.record } : null;
  const latest = some ? undefined : items.find((item) => CONTACTS.has(item.kind) && Date.parse(item.at) <= now);
  return (
    <>
      <ol className={styles.list} aria-label={t("record.timeline")}>
        {items.map((item) => (
          <TimelineEntry
            // One change set may touch a record several times; each is a moment of its own.
            key={`${item.kind} ${item.object} ${item.id} ${item.at}`}
            item={item}
            object={item.record ? (catalog.object(item.object) ?? object) : object}
            subject={item.record ? undefined : record}
            latest={item === latest}
            onEdit={setEditing}
          />
        ))}
      </ol>
      {query.hasNextPage && (
        <Button
          className={styles.older}
          type="text"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {t("record.timeline.older")}
        </Button>
      )}
      {edited && <EditForm {...edited} onClose={() => setEditing(null)} />}
    </>
  );
}

export function TimelineSkeleton() {
  const t = useT();
  return (
    <div className={styles.list} role="status" aria-busy="true" aria-label={t("shell.loading")}>
      {[62, 40, 74, 35, 58].map((width) => (
        <div key={width} className={styles.bone}>
          <i />
          <span style={{ width: `${width}%` }} />
        </div>
      ))}
    </div>
  );
}
