/** Records on the days of a month or a week, moved by mouse, touch or keyboard; on a phone the days one under the other. */
import {
  DndContext,
  type DragEndEvent,
  DragOverlay,
  KeyboardCode,
  type KeyboardCoordinateGetter,
  useDraggable,
  useDroppable,
} from "@dnd-kit/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronLeft, ChevronRight, Plus } from "lucide-react";
import { Suspense, useCallback, useEffect, useRef, useState } from "react";
import { ApiError } from "../api/client";
import { useAggregate } from "../api/queries";
import { useWrites, type Values } from "../api/writes";
import { twin, useFormatContext } from "../fields";
import { addDays, addMonths, isoDay, moment, parseIsoDay, wall } from "../fields/dates";
import { isEmpty } from "../fields/twin";
import { useFormat, useNouns, useT } from "../i18n";
import { part } from "../renew";
import { type RecordData, titleOf } from "../schema/catalog";
import { both } from "../schema/filter";
import { useTheme } from "../theme/theme";
import { Button, cx, ErrorState, IconButton, SkeletonRows, usePhone } from "../ui";
import styles from "./calendar.module.css";
import type { Column } from "./columns";
import { besideOf, countsQuery, daysOf, daysOptions, MOST, plus } from "./days";
import { step as go, told, underPointer, useDragSensors } from "./drag";
import { useCreateHere } from "./here";
import { type List, narrowed } from "./list";
import { keepOpened, placeHere, useReturned } from "./place";
import { useSized } from "./sized";

const MissingFields = part(() => import("./MissingFields"));

/** What a day's frame takes, and each line of it: as in calendar.module.css. */
const DAY = 30;
const LINE = 24;

const isMoment = (value: unknown): value is string => typeof value === "string" && value.includes("T");

/** The day on which a value stands in the reader's zone. */
export const dayOf = (value: unknown, zone: string): string =>
  isMoment(value) ? isoDay(wall(new Date(value), zone)) : String(value ?? "").slice(0, 10);

/** The same value on another day, at the same time. */
export function movedTo(value: unknown, day: string, zone: string): string {
  const to = parseIsoDay(day);
  return isMoment(value) && to ? moment(to, wall(new Date(value), zone), zone).toISOString() : day;
}

export default function Calendar({ list }: { list: List }) {
  const t = useT();
  const { still } = useTheme();
  const f = useFormat();
  const phone = usePhone();
  const agenda = useRef<HTMLElement>(null);
  const high = useSized(agenda, "clientHeight");
  const { object, by } = list;
  const { path, field } = by as Column;
  const zone = f.locale.timezone;
  const days = daysOf(list, f.today(), phone);
  const { at, span, start, end } = days;
  const found = useQuery({ ...daysOptions(list, days), placeholderData: (before) => before });
  const counted = useAggregate(object.name, countsQuery(list, days));
  const undated = useAggregate(
    object.name,
    {
      filter: both(list.filter, { field: path, op: "is_empty", value: true }),
      q: list.q || undefined,
      measures: [{ fn: "count", as: "n" }],
    },
    !field.required,
  );
  const counts = new Map(counted.data?.map((row) => [String(row.group[path]), row.values.n ?? 0]));
  const byDay = new Map<string, RecordData[]>();
  for (const row of found.data?.data ?? []) {
    const day = dayOf(row[path], zone);
    byDay.set(day, [...(byDay.get(day) ?? []), row]);
  }

  // On a phone a month is longer than the screen: it opens where today is, unless one comes back to what one opened.
  const [back] = useState(() => placeHere()?.id !== undefined);
  const opens = phone && !back && found.isSuccess && at === f.today();
  useEffect(() => {
    const box = agenda.current;
    const day = opens && box?.querySelector("[data-place=today]");
    if (box && day) box.scrollTop += day.getBoundingClientRect().top - box.getBoundingClientRect().top;
  }, [opens]);

  const { update } = useWrites(object.name, "fields");
  const [held, setHeld] = useState<RecordData | null>(null);
  const [missing, setMissing] = useState<{ record: RecordData; values: Values; error: ApiError } | null>(null);
  const movable = object.can.update && !field.readonly && !path.includes(".");
  const sensors = useDragSensors(byDays);
  const send = (record: RecordData, values: Values) =>
    update(record.id, values, {
      over: record,
      done: t("list.calendar.moved", { title: titleOf(object, record), day: f.day(dayOf(values[path], zone)) }),
    });
  const onDragEnd = ({ active, over }: DragEndEvent) => {
    // Not what was drawn as held: a quick hand puts down before that is drawn.
    const record = (active.data.current?.record as RecordData | undefined) ?? held;
    setHeld(null);
    const day = over && String(over.id);
    if (!record || !day || day === dayOf(record[path], zone)) return;
    const values = { [path]: movedTo(record[path], day, zone) };
    send(record, values).catch((reason) => {
      if (reason instanceof ApiError && reason.status === 422) setMissing({ record, values, error: reason });
    });
  };
  // As many of a day's records as let the whole month stand in the window.
  const inDay = Math.max(2, Math.floor((high / (days.days.length / 7) - DAY) / LINE));
  const step = (by: number) => {
    const day = parseIsoDay(at);
    if (day) list.set({ at: isoDay(span === "month" ? addMonths({ ...day, day: 1 }, by) : addDays(day, 7 * by)) });
  };

  if (found.isError && !found.data) return <ErrorState error={found.error} retry={found.refetch} />;
  const name = span === "month" ? f.month(at) : `${f.day(start)} – ${f.day(end)}`;
  const none = undated.data?.[0]?.values.n ?? 0;
  return (
    <div className={styles.calendar}>
      <header className={styles.head}>
        <h2 aria-live="polite">{name}</h2>
        <IconButton small icon={<ChevronLeft />} label={t("list.calendar.before")} onClick={() => step(-1)} />
        <Button size="small" onClick={() => list.set({ at: undefined })}>
          {t("list.calendar.today")}
        </Button>
        <IconButton small icon={<ChevronRight />} label={t("list.calendar.after")} onClick={() => step(1)} />
        <span className="spring" />
        {none > 0 && (
          <Link
            to="/o/$object"
            params={{ object: object.name }}
            search={{
              view: list.view.id ?? list.view.name,
              kind: "table",
              filter: narrowed(list, path, { field: path, op: "is_empty", value: true }),
            }}
          >
            {t("list.calendar.undated", { n: none })}
          </Link>
        )}
        {!phone && (
          <div className={styles.spans} role="group" aria-label={t("list.kind")}>
            {(["month", "week"] as const).map((one) => (
              <button key={one} type="button" aria-pressed={one === span} onClick={() => list.set({ span: one }, true)}>
                {t(`list.calendar.${one}`)}
              </button>
            ))}
          </div>
        )}
      </header>
      <DndContext
        sensors={sensors}
        collisionDetection={underPointer}
        accessibility={{
          screenReaderInstructions: { draggable: t("list.calendar.help") },
          announcements: told(t, String, f.day),
        }}
        onDragStart={({ active }) => setHeld(active.data.current?.record as RecordData)}
        onDragCancel={() => setHeld(null)}
        onDragEnd={onDragEnd}
      >
        {!phone && (
          <div className={styles.week} aria-hidden="true">
            {days.days.slice(0, 7).map((day) => (
              <span key={day}>{f.weekday(day)}</span>
            ))}
          </div>
        )}
        <section
          ref={agenda}
          className={cx(styles.days, phone ? styles.agenda : span === "week" ? styles.oneWeek : styles.month)}
          // All keys are its own: a screen reader keeps none of them. What they do is heard on coming in, and not at each card.
          role="application"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
          tabIndex={0}
          aria-label={name}
          aria-description={t("list.calendar.help")}
          onClickCapture={keepOpened}
          onKeyDown={(event) => !held && go(event, "[data-place=today]", phone ? 1 : 7)}
        >
          {days.days
            .filter((day) => !phone || byDay.has(day) || day === f.today())
            .map((day) => (
              <Day
                key={day}
                list={list}
                path={path}
                day={day}
                rows={byDay.get(day) ?? []}
                count={counts.get(day)}
                most={span === "month" && !phone ? inDay : MOST}
                outside={span === "month" && day.slice(0, 7) !== at.slice(0, 7)}
                movable={movable}
                heldFrom={held ? dayOf(held[path], zone) : undefined}
              />
            ))}
          {phone && found.isPending && <SkeletonRows shape="cards" />}
          {phone && byDay.size === 0 && !found.isPending && <p className={styles.none}>{t("list.calendar.none")}</p>}
        </section>
        <DragOverlay dropAnimation={still ? null : { duration: 160, easing: "ease-out" }}>
          {held && (
            <div className={cx(styles.entry, styles.lifted)}>
              <span className="ellipsis">{titleOf(object, held)}</span>
            </div>
          )}
        </DragOverlay>
      </DndContext>
      {missing && (
        <Suspense>
          <MissingFields
            object={object}
            record={missing.record}
            error={missing.error}
            title={titleOf(object, missing.record)}
            onSave={async (values) => {
              await send(missing.record, { ...missing.values, ...values });
              setMissing(null);
            }}
            onCancel={() => setMissing(null)}
          />
        </Suspense>
      )}
    </div>
  );
}

interface DayProps {
  list: List;
  path: string;
  day: string;
  rows: RecordData[];
  /** How many there are, drawn or not. */
  count: number | undefined;
  most: number;
  outside: boolean;
  movable: boolean;
  heldFrom: string | undefined;
}

function Day({ list, path, day, rows, count, most, outside, movable, heldFrom }: DayProps) {
  const t = useT();
  const f = useFormat();
  const { one } = useNouns(list.object);
  const create = useCreateHere(list);
  const { setNodeRef, isOver } = useDroppable({ id: day });
  const today = day === f.today();
  const phone = usePhone();
  const place = useRef<HTMLElement>(null);
  const put = useCallback(
    (node: HTMLElement | null) => {
      place.current = node;
      setNodeRef(node);
    },
    [setNodeRef],
  );
  // A low window shows fewer weeks than a month has.
  useEffect(() => {
    if (today && !phone) place.current?.scrollIntoView({ block: "nearest" });
  }, [today, phone]);
  const all = Math.max(count ?? 0, rows.length);
  // One more is no shorter than saying that there is one more.
  const shown = all > most ? rows.slice(0, most - 1) : rows;
  return (
    <div
      ref={put}
      role="group"
      data-place={today ? "today" : ""}
      aria-label={`${f.date(day)} ${f.weekday(day)}`}
      className={cx(
        styles.day,
        outside && styles.outside,
        today && styles.today,
        isOver && heldFrom !== day && styles.target,
      )}
    >
      <header>
        <span className={styles.number}>{Number(day.slice(8))}</span>
        <span className={styles.name}>{f.weekday(day)}</span>
        {create && (
          <IconButton
            small
            tabIndex={-1}
            icon={<Plus />}
            label={`${t("shell.create.one", { object: one })} · ${f.day(day)}`}
            onClick={() => create({ [path]: list.by && startOf(list.by, day, f.locale.timezone) })}
          />
        )}
      </header>
      {shown.map((record) => (
        <Entry key={record.id} list={list} path={path} record={record} movable={movable} />
      ))}
      {all > shown.length && (
        <Link
          className={styles.more}
          tabIndex={-1}
          to="/o/$object"
          params={{ object: list.object.name }}
          search={{
            view: list.view.id ?? list.view.name,
            kind: "table",
            filter: narrowed(list, path, { field: path, op: "within", value: [day, day] }),
          }}
        >
          {t("list.calendar.more", { n: all - shown.length })}
        </Link>
      )}
    </div>
  );
}

/** What a new record of a day begins with: the day, or nine o'clock of it. */
function startOf({ field }: Column, day: string, zone: string): string {
  const from = parseIsoDay(day);
  return twin(field).clock && from ? moment(from, { hour: 9, minute: 0 }, zone).toISOString() : day;
}

interface EntryProps {
  list: List;
  path: string;
  record: RecordData;
  movable: boolean;
}

function Entry({ list, path, record, movable }: EntryProps) {
  const t = useT();
  const f = useFormat();
  const ctx = useFormatContext();
  const { object } = list;
  const title = titleOf(object, record) || t("list.untitled");
  const { setNodeRef, listeners, isDragging } = useDraggable({
    id: record.id,
    data: { record, title, from: dayOf(record[path], f.locale.timezone) },
    disabled: !movable,
  });
  const box = useRef<HTMLElement>(null);
  useReturned(record.id, box);
  const more = besideOf(list);
  const words = more && !isEmpty(record[more.path]) && twin(more.field).format(record[more.path], more.field, ctx);
  return (
    <div
      ref={(node) => {
        box.current = node;
        setNodeRef(node);
      }}
      data-card={record.id}
      className={cx(styles.entry, isDragging && styles.ghost)}
      {...listeners}
      role="group"
      id={`card-${record.id}`}
      aria-labelledby={`card-${record.id}`}
      tabIndex={-1}
    >
      {isMoment(record[path]) && <time>{f.time(record[path])}</time>}
      <Link
        to="/o/$object/$id"
        params={{ object: object.name, id: record.id }}
        tabIndex={-1}
        draggable={false}
        className="ellipsis"
        title={[title, words].filter(Boolean).join(" · ")}
      >
        <bdi>{title}</bdi>
        {words && <small> {words}</small>}
      </Link>
    </div>
  );
}

/** Arrow keys carry an entry by a day or a week. */
const byDays: KeyboardCoordinateGetter = (event, { context, currentCoordinates }) => {
  const steps: Record<string, number> = {
    [KeyboardCode.Right]: 1,
    [KeyboardCode.Left]: -1,
    [KeyboardCode.Down]: 7,
    [KeyboardCode.Up]: -7,
  };
  const by = steps[event.code];
  if (!by) return undefined;
  event.preventDefault();
  const from = context.over?.id ?? context.active?.data.current?.from;
  const next = from && context.droppableRects.get(plus(String(from), by));
  return next ? { x: next.left + 8, y: next.top + 8 } : currentCoordinates;
};
