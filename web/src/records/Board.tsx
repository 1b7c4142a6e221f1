/** The board: a column for each stage or option with its count and sum; cards are dragged by mouse, touch or keyboard. */
import {
  type Announcements,
  DndContext,
  type DragEndEvent,
  DragOverlay,
  type DragStartEvent,
  KeyboardCode,
  type KeyboardCoordinateGetter,
  useDroppable,
} from "@dnd-kit/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check, Pause, Plus, X } from "lucide-react";
import { lazy, Suspense, useMemo, useRef, useState } from "react";
import { ApiError } from "../api/client";
import { type AggregateRow, listOptions, rowsOf, useAggregate } from "../api/queries";
import { useWrites, type Values } from "../api/writes";
import { twin } from "../fields";
import { joined } from "../fields/twin";
import { useFormat, useLabel, useNouns, useT } from "../i18n";
import { type Field, type Label, type Pipeline, type RecordData, titleOf } from "../schema/catalog";
import { both, type Filter, fromSentence, isCondition, toSentence } from "../schema/filter";
import { cx, ErrorState, SkeletonRows } from "../ui";
import { Card, CardBody, cardFields, Sum } from "./BoardCard";
import styles from "./board.module.css";
import { askedFields, type Column } from "./columns";
import { underPointer, useDragSensors } from "./drag";
import { keyOf } from "./groups";
import { useCreateHere } from "./ListPage";
import type { List } from "./list";

const MissingFields = lazy(() => import("./MissingFields"));

interface Lane {
  name: string;
  label: Label;
  color?: string | null;
  /** Lanes that are not worked in (on hold, won, lost) are places to drop on, at the edge. */
  kind: "open" | "on_hold" | "won" | "lost";
  probability?: number;
}

/** Records without a value have a lane too: moving them out of it is how they get one. */
const EMPTY: Lane = { name: "", label: { en: "Not set", zh: "未填" }, kind: "open" };

const laneFilter = (by: Field, lane: string): Filter =>
  lane ? { field: by.name, op: "eq", value: lane } : { field: by.name, op: "is_empty", value: true };

/** dnd-kit wants names that are never empty. */
const dropId = (lane: string): string => `lane ${lane}`;
const laneOf = (id: unknown): string => String(id).slice("lane ".length);

interface Move {
  record: RecordData;
  from: string;
  to: string;
}

function lanesOf(list: List, pipeline: Pipeline | undefined): Lane[] {
  if (list.by?.field.type === "stage") return pipeline?.stages ?? [];
  const options = (list.by?.field.options ?? []).filter((option) => !option.retired);
  return [...options.map((option) => ({ ...option, kind: "open" as const })), EMPTY];
}

export function Board({ list }: { list: List }) {
  const t = useT();
  const label = useLabel();
  const { object } = list;
  const by = (list.by as Column).field;
  const { pipelines, pipeline, pipelineField } = list;
  const lanes = useMemo(() => lanesOf(list, pipeline), [list, pipeline]);
  // Whether a stage is open, won or lost is for the lanes to say.
  const rest = toSentence(list.filter);
  const wide =
    rest.join === "and"
      ? fromSentence({
          ...rest,
          parts: rest.parts.filter((part) => !isCondition(part) || part.field !== `${by.name}_kind`),
        })
      : list.filter;
  const scope = both(
    wide,
    pipelines.length > 1 && pipelineField && pipeline
      ? { field: pipelineField.name, op: "eq", value: pipeline.name }
      : null,
  );
  const sum = list.sum ?? object.fields.find((field) => twin(field).scale);
  const groups = useAggregate(object.name, {
    filter: scope,
    group: [by.name],
    measures: [{ fn: "count", as: "n" }, ...(sum ? [{ fn: "sum" as const, field: sum.name, as: "sum" }] : [])],
  });
  const { update } = useWrites(object.name);
  const [moves, setMoves] = useState<Move[]>([]);
  const [held, setHeld] = useState<{ record: RecordData; from: string } | null>(null);
  const [missing, setMissing] = useState<{ move: Move; error: ApiError } | null>(null);
  const area = useRef<HTMLDivElement>(null);
  const sensors = useDragSensors(sideways);

  const laneLabel = (name: string) => {
    const lane = lanes.find((one) => one.name === name);
    return label(lane?.label, name);
  };
  const settle = (move: Move) => setMoves((old) => old.filter((one) => one !== move));
  const send = async (move: Move, more: Values = {}) => {
    await update(
      move.record.id,
      { [by.name]: move.to || null, ...more },
      { done: t("list.board.moved", { title: titleOf(object, move.record), lane: laneLabel(move.to) }), settle: true },
    );
  };
  const onDragEnd = ({ over }: DragEndEvent) => {
    const card = held;
    setHeld(null);
    const to = over ? laneOf(over.id) : null;
    if (!card || to === null || to === card.from) return;
    const move: Move = { ...card, to };
    setMoves((old) => [...old.filter((one) => one.record.id !== card.record.id), move]);
    send(move)
      // Until the lists have been asked again, the card stays where it was put.
      .then(() => settle(move))
      .catch((reason) => {
        if (reason instanceof ApiError && reason.status === 422) setMissing({ move, error: reason });
        else settle(move);
      });
  };
  const announce = (
    key: "list.board.picked" | "list.board.over" | "list.board.dropped" | "list.board.cancelled",
    lane?: unknown,
  ) => t(key, { title: held ? titleOf(object, held.record) : "", lane: lane ? laneLabel(laneOf(lane)) : "" });
  const announcements: Announcements = {
    onDragStart: ({ active }) => t("list.board.picked", { title: String(active.data.current?.title ?? "") }),
    onDragOver: ({ over }) => announce("list.board.over", over?.id),
    onDragEnd: ({ over }) => announce("list.board.dropped", over?.id),
    onDragCancel: () => announce("list.board.cancelled"),
  };
  const figures = (lane: Lane) => withMoves(groups.data, by.name, lane.name, sum?.name, moves);
  const open = lanes.filter((lane) => lane.kind === "open" && (lane.name !== "" || (!by.required && figures(lane).n)));
  const closed = lanes.filter((lane) => lane.kind !== "open");

  return (
    <>
      {sum && pipeline && <OpenFigures lanes={open} figures={figures} />}
      <DndContext
        sensors={sensors}
        collisionDetection={underPointer}
        accessibility={{ announcements, screenReaderInstructions: { draggable: t("list.board.help") } }}
        onDragStart={({ active }: DragStartEvent) =>
          setHeld(active.data.current as { record: RecordData; from: string })
        }
        onDragCancel={() => setHeld(null)}
        onDragEnd={onDragEnd}
      >
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
        <section className={styles.board} ref={area} tabIndex={0} aria-label={t("list.board")}>
          {open.map((lane) => (
            <LaneColumn
              key={lane.name}
              list={list}
              by={by}
              lane={lane}
              scope={scope}
              sum={sum}
              figures={figures(lane)}
              moves={moves}
              heldFrom={held?.from}
              initial={
                pipelines.length > 1 && pipelineField && pipeline ? { [pipelineField.name]: pipeline.name } : undefined
              }
            />
          ))}
          {closed.length > 0 && (
            <div className={styles.edge}>
              {closed.map((lane) => (
                <ClosedLane key={lane.name} list={list} by={by} lane={lane} figures={figures(lane)} />
              ))}
            </div>
          )}
        </section>
        <DragOverlay dropAnimation={{ duration: 160, easing: "ease-out" }}>
          {held && (
            <div className={cx(styles.card, styles.lifted)}>
              <CardBody list={list} by={by} record={held.record} sum={sum} />
            </div>
          )}
        </DragOverlay>
      </DndContext>
      {missing && (
        <Suspense>
          <MissingFields
            object={object}
            record={missing.move.record}
            error={missing.error}
            title={t("list.board.missing", { lane: laneLabel(missing.move.to) })}
            onSave={async (values) => {
              await send(missing.move, values);
              setMissing(null);
              settle(missing.move);
            }}
            onCancel={() => {
              settle(missing.move);
              setMissing(null);
            }}
          />
        </Suspense>
      )}
    </>
  );
}

interface Figures {
  n: number | undefined;
  /** With the sum, in one currency or in each. */
  values: Readonly<Record<string, unknown>> | undefined;
}

/** What the server counted, and the cards that were moved since. */
function withMoves(
  groups: AggregateRow[] | undefined,
  by: string,
  lane: string,
  sum: string | undefined,
  moves: Move[],
): Figures {
  if (!groups) return { n: undefined, values: undefined };
  const found = groups.find((row) => keyOf(row.group[by]) === lane)?.values;
  let [n, total] = [found?.n ?? 0, found ? found.sum : 0];
  for (const { record, from, to } of moves) {
    // Once the server has answered, its row says the new lane and nothing is left to correct.
    const sign = from === lane ? -1 : to === lane ? 1 : 0;
    n += sign;
    if (sum && typeof total === "number") total += sign * Number(record[sum] ?? 0);
  }
  return { n: Math.max(0, n), values: sum ? { ...found, sum: total } : undefined };
}

/** The open lanes together, and weighted by their chances; silent where amounts are of several currencies. */
function OpenFigures({ lanes, figures }: { lanes: Lane[]; figures: (lane: Lane) => Figures }) {
  const t = useT();
  const f = useFormat();
  const told = lanes.map((lane) => ({ ...figures(lane), chance: (lane.probability ?? 0) / 100 }));
  const currencies = new Set(told.flatMap(({ n, values }) => (n ? [values?.sum_currency] : [])));
  if (currencies.size > 1 || told.some(({ n, values }) => n === undefined || typeof (values?.sum ?? 0) !== "number"))
    return null;
  const sums = told.map(({ values }) => Number(values?.sum ?? 0));
  const all = f.short(sums.reduce((a, b) => a + b, 0));
  const weighted = f.short(sums.reduce((a, b, at) => a + b * (told[at]?.chance ?? 0), 0));
  const n = told.reduce((a, one) => a + (one.n ?? 0), 0);
  return (
    <dl className={styles.sums}>
      <div>
        <dt>{t("list.board.open")}</dt>
        <dd>
          {all.text}
          <span className="unit">{all.unit}</span> <small>· {t("list.board.n", { n })}</small>
        </dd>
      </div>
      <div>
        <dt>{t("list.board.expected")}</dt>
        <dd>
          {weighted.text}
          <span className="unit">{weighted.unit}</span>
        </dd>
      </div>
    </dl>
  );
}

interface LaneProps {
  list: List;
  by: Field;
  lane: Lane;
  sum: Field | undefined;
  figures: Figures;
}

function LaneColumn({
  list,
  by,
  lane,
  scope,
  sum,
  figures,
  moves,
  heldFrom,
  initial,
}: LaneProps & { scope: Filter | null; moves: Move[]; heldFrom: string | undefined; initial?: Values }) {
  const t = useT();
  const label = useLabel();
  const create = useCreateHere(list);
  const { object } = list;
  const f = useFormat();
  const noun = useNouns(object);
  const weighted = (Number(figures.values?.sum ?? 0) * (lane.probability ?? 0)) / 100;
  const short = (n: number) => joined(f.short(n), f.locale.language);
  const card = cardFields(list, by, sum);
  const found = useInfiniteQuery(
    listOptions(object.name, {
      filter: both(scope, laneFilter(by, lane.name)),
      sort: list.sort || undefined,
      q: list.q || undefined,
      fields: askedFields(object, [...card, by.name]),
      limit: 25,
    }),
  );
  const { setNodeRef, isOver } = useDroppable({ id: dropId(lane.name) });
  const rows = useMemo(() => {
    const loaded = rowsOf(found.data).filter(
      (row) => !moves.some((move) => move.record.id === row.id && move.to !== lane.name),
    );
    const arrived = moves
      .filter((move) => move.to === lane.name && !loaded.some((row) => row.id === move.record.id))
      .map((move) => move.record);
    return [...arrived, ...loaded];
  }, [found.data, moves, lane.name]);
  const name = label(lane.label, lane.name);
  const target = isOver && heldFrom !== lane.name;
  return (
    <section className={styles.lane} aria-label={name}>
      <header className={styles.laneHead}>
        <h2>
          <span className="ellipsis">{name}</span>
          <small>{figures.n === undefined ? "" : f.number(figures.n)}</small>
        </h2>
        <Sum values={figures.values} />
      </header>
      {lane.probability !== undefined && (
        <div className={styles.progress}>
          <span className={styles.rail}>
            <i style={{ width: `${lane.probability}%` }} />
          </span>
          <small>
            {t("list.board.probability", { p: lane.probability })}
            {weighted > 0 && (
              <>
                {" · "}
                {t("list.board.weighted", { n: short(weighted) })}
              </>
            )}
          </small>
        </div>
      )}
      <div ref={setNodeRef} className={cx(styles.cards, target && styles.target)}>
        {target && <p className={styles.drop}>{t("list.board.drop", { lane: name })}</p>}
        {found.isPending ? (
          <SkeletonRows rows={3} height={92} />
        ) : found.isError ? (
          <ErrorState error={found.error} retry={found.refetch} />
        ) : (
          rows.map((record) => <Card key={record.id} list={list} by={by} record={record} sum={sum} lane={lane.name} />)
        )}
        <footer className={styles.laneFoot}>
          {create && (
            <button type="button" onClick={() => create({ ...initial, [by.name]: lane.name })}>
              <Plus />
              {t("shell.create.one", { object: noun.one })}
            </button>
          )}
          {found.hasNextPage && (
            <button type="button" className={styles.rest} onClick={() => void found.fetchNextPage()}>
              {figures.n !== undefined
                ? t("list.board.more", { n: Math.max(1, figures.n - rows.length) })
                : t("shell.more")}
            </button>
          )}
        </footer>
      </div>
    </section>
  );
}

function ClosedLane({ list, by, lane, figures }: Omit<LaneProps, "sum">) {
  const t = useT();
  const label = useLabel();
  const { setNodeRef, isOver } = useDroppable({ id: dropId(lane.name) });
  return (
    <Link
      ref={setNodeRef}
      to="/o/$object"
      params={{ object: list.object.name }}
      search={{ kind: "table", filter: laneFilter(by, lane.name) }}
      className={cx(styles.closed, isOver && styles.target)}
    >
      {lane.kind === "won" ? <Check /> : lane.kind === "on_hold" ? <Pause /> : <X />}
      <b>{label(lane.label, lane.name)}</b>
      <span>{figures.n !== undefined && t("list.board.n", { n: figures.n })}</span>
      <Sum values={figures.values} />
    </Link>
  );
}

/** Arrow keys carry a card from lane to lane. */
const sideways: KeyboardCoordinateGetter = (event, { context, currentCoordinates }) => {
  const by = event.code === KeyboardCode.Right ? 1 : event.code === KeyboardCode.Left ? -1 : 0;
  if (!by) return undefined;
  event.preventDefault();
  const lanes = [...context.droppableContainers.getEnabled()]
    .flatMap((container) => {
      const rect = context.droppableRects.get(container.id);
      return rect ? [{ id: container.id, rect }] : [];
    })
    .sort((a, b) => a.rect.left - b.rect.left || a.rect.top - b.rect.top);
  const active = context.collisionRect;
  if (!active) return currentCoordinates;
  const here = lanes.findIndex(({ id }) => id === context.over?.id);
  const next = lanes[Math.max(0, Math.min(lanes.length - 1, here + by))];
  return next ? { x: next.rect.left + 8, y: Math.max(next.rect.top + 8, 0) } : currentCoordinates;
};
