/** The board: a column for each stage or option with its count and sum; cards are dragged by mouse, touch or keyboard. */
import {
  DndContext,
  type DragEndEvent,
  DragOverlay,
  type DragStartEvent,
  KeyboardCode,
  type KeyboardCoordinateGetter,
  useDroppable,
} from "@dnd-kit/core";
import { hashKey, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check, Pause, Plus, X } from "lucide-react";
import { Suspense, useDeferredValue, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { ApiError } from "../api/client";
import { news } from "../api/news";
import { type AggregateRow, rowsOf, useAggregate } from "../api/queries";
import { useWrites, type Values } from "../api/writes";
import { useFormat, useLabel, useNouns, useT } from "../i18n";
import { part } from "../renew";
import { type Field, type RecordData, titleOf } from "../schema/catalog";
import { useTheme } from "../theme/theme";
import { cx, ErrorState, focusLost, SkeletonRows, useHere, usePhone, useRefusal } from "../ui";
import { Card, CardBody, Sum } from "./BoardCard";
import styles from "./board.module.css";
import type { Column } from "./columns";
import { step, told, underPointer, useDragSensors } from "./drag";
import { keyOf } from "./groups";
import { useCreateHere } from "./here";
import { figuresQuery, type Lane, laneFilter, laneOptions, lanesOf, sumOf } from "./lanes";
import type { List } from "./list";
import { keepOpened } from "./place";

const MissingFields = part(() => import("./MissingFields"));

/** dnd-kit wants names that are never empty. */
const dropId = (lane: string): string => `lane ${lane}`;
const laneOf = (id: unknown): string => String(id).slice("lane ".length);

/** Pixels that the lowest card takes. */
const CARD = 80;

interface Move {
  record: RecordData;
  from: string;
  to: string;
}

/** Moves that are not answered, by board: who leaves one and comes back before that finds the card where it was put. */
const moving = new Map<string, Move[]>();
const moved = news();
const NONE: Move[] = [];

/** What a card says of itself while it is carried. */
interface Held {
  record: RecordData;
  from: string;
  title: string;
}

export function Board({ list }: { list: List }) {
  const t = useT();
  const { still } = useTheme();
  const label = useLabel();
  const { object } = list;
  const by = (list.by as Column).field;
  const { pipelines, pipeline, pipelineField } = list;
  const lanes = useMemo(() => lanesOf(list), [list]);
  const sum = sumOf(list);
  const groups = useAggregate(object.name, figuresQuery(list, by));
  const { update } = useWrites(object.name, "fields");
  const key = `${object.name} ${by.name}`;
  const moves = useSyncExternalStore(moved.hear, () => moving.get(key) ?? NONE);
  const setMoves = (next: (old: Move[]) => Move[]) => {
    moving.set(key, next(moving.get(key) ?? NONE));
    moved.tell();
  };
  const here = useHere();
  const refuse = useRefusal();
  const [held, setHeld] = useState<Held | null>(null);
  const [missing, setMissing] = useState<{ move: Move; error: ApiError } | null>(null);
  const area = useRef<HTMLDivElement>(null);
  const sensors = useDragSensors(sideways);
  const phone = usePhone();
  // What was put into a closed lane, or waits for what its lane needs, has no card for a while.
  const last = useRef<Move>(undefined);
  useEffect(() => {
    const cards = [...(area.current?.querySelectorAll<HTMLElement>("[data-card]") ?? [])];
    if (!last.current || missing || !focusLost()) return;
    const card = cards.find((one) => one.dataset.card === last.current?.record.id);
    (card ?? area.current)?.focus({ preventScroll: true });
    // On a phone the lane it was put in begins where the screen ends.
    card?.closest("[data-place]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  const laneLabel = (name: string) => {
    const lane = lanes.find((one) => one.name === name);
    return label(lane?.label, name);
  };
  const settle = (move: Move) => setMoves((old) => old.filter((one) => one !== move));
  const put = (move: Move) => {
    last.current = move;
    setMoves((old) => [...old.filter((one) => one.record.id !== move.record.id), move]);
  };
  const leave = (move: Move) => {
    settle(move);
    setMissing(null);
  };
  // Whoever leaves the board is asked no more.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is asked decides
  useEffect(() => (missing ? () => settle(missing.move) : undefined), [missing]);
  const send = async (move: Move, more: Values = {}) => {
    await update(
      move.record.id,
      { [by.name]: move.to || null, ...more },
      {
        done: t("list.board.moved", { title: titleOf(object, move.record), lane: laneLabel(move.to) }),
        settle: true,
        // Its lanes are not answered at once: between them the card would be in neither, and lose the focus to another.
        back: (undoing) => {
          const back = { record: move.record, from: move.to, to: move.from };
          put(back);
          const settled = () => settle(back);
          undoing.then(settled, settled);
        },
      },
    );
  };
  const onDragEnd = ({ active, over }: DragEndEvent) => {
    // Not what was drawn as held: a quick hand puts down before that is drawn.
    const card = (active.data.current as Held | undefined) ?? held;
    setHeld(null);
    const to = over ? laneOf(over.id) : null;
    if (!card || to === null || to === card.from) return;
    const move: Move = { record: card.record, from: card.from, to };
    put(move);
    send(move)
      // Until the lists have been asked again, the card stays where it was put.
      .then(() => settle(move))
      .catch((reason) => {
        const asks = reason instanceof ApiError && reason.status === 422;
        if (asks && here.current) setMissing({ move, error: reason });
        else settle(move);
        if (asks && !here.current) refuse(reason);
      });
  };
  const announcements = told(t, laneOf, laneLabel);
  const figures = (lane: Lane) => withMoves(groups.data, by.name, lane.name, sum?.name, moves);
  const open = lanes.filter((lane) => lane.kind === "open" && (lane.name !== "" || (!by.required && figures(lane).n)));
  const closed = lanes.filter((lane) => lane.kind !== "open");
  const [fault, retry, waits] = useFault(list, by, open);
  if (fault) return <ErrorState error={fault} retry={retry} />;

  return (
    <>
      <p className="sr" role="status">
        {waits && t("shell.loading")}
      </p>
      {sum && pipeline && <OpenFigures lanes={open} figures={figures} waits={groups.isPending} />}
      <DndContext
        sensors={sensors}
        collisionDetection={underPointer}
        // A lane is nearly as wide as a phone: at the usual pace a finger at the edge would rush past all of them.
        autoScroll={{ acceleration: phone ? 2 : 10 }}
        accessibility={{ announcements, screenReaderInstructions: { draggable: t("list.board.help") } }}
        onDragStart={({ active }: DragStartEvent) => setHeld(active.data.current as Held)}
        onDragCancel={() => setHeld(null)}
        onDragEnd={onDragEnd}
      >
        <section
          className={styles.board}
          ref={area}
          // All keys are its own: a screen reader keeps none of them. What they do is heard on coming in, and not at each card.
          role="application"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
          tabIndex={0}
          aria-label={t("list.board")}
          aria-description={t("list.board.help")}
          onKeyDown={(event) => !held && step(event)}
          onClickCapture={keepOpened}
        >
          {open.map((lane) => (
            <LaneColumn
              key={lane.name}
              list={list}
              by={by}
              lane={lane}
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
            <div className={styles.edge} data-place>
              {closed.map((lane) => (
                <ClosedLane key={lane.name} list={list} by={by} lane={lane} figures={figures(lane)} />
              ))}
            </div>
          )}
        </section>
        <DragOverlay dropAnimation={still ? null : { duration: 160, easing: "ease-out" }}>
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
              leave(missing.move);
            }}
            onCancel={() => leave(missing.move)}
          />
        </Suspense>
      )}
    </>
  );
}

/** Why nothing can be shown, where that is so in every lane, and whether a lane is awaited: said once. */
function useFault(list: List, by: Field, lanes: Lane[]): [unknown, () => void, boolean] {
  const client = useQueryClient();
  const cache = client.getQueryCache();
  const keys = lanes.map((lane) => laneOptions(list, by, lane.name).queryKey);
  const hashes = keys.map(hashKey);
  const stateOf = (hash: string) => cache.get(hash)?.state;
  const watch = (listener: () => void) => cache.subscribe(listener);
  const waits = useSyncExternalStore(watch, () =>
    hashes.some((hash) => (stateOf(hash)?.status ?? "pending") === "pending"),
  );
  const fault = useSyncExternalStore(watch, () =>
    hashes.length > 0 && hashes.every((hash) => stateOf(hash)?.status === "error")
      ? stateOf(hashes[0] as string)?.error
      : null,
  );
  const retry = () => {
    for (const queryKey of keys) void client.resetQueries({ queryKey, exact: true });
  };
  return [fault, retry, waits];
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

/** The open lanes together, and weighted by their chances; amounts of several currencies have no sum. Its place is there before it. */
function OpenFigures({ lanes, figures, waits }: { lanes: Lane[]; figures: (lane: Lane) => Figures; waits: boolean }) {
  const t = useT();
  const f = useFormat();
  const told = lanes.map((lane) => ({ ...figures(lane), chance: (lane.probability ?? 0) / 100 }));
  const known = told.every(({ n }) => n !== undefined);
  // A lane in which nothing has an amount is of no currency.
  const currencies = new Set(told.flatMap(({ values }) => values?.sum_currency ?? []));
  const summed = known && currencies.size <= 1 && told.every(({ values }) => !values?.sum_by_currency);
  const sums = told.map(({ values }) => Number(values?.sum ?? 0));
  const figure = (sum: number) => {
    const { text, unit } = f.short(sum);
    return summed ? (
      <>
        {text}
        <span className="unit">{unit}</span>
      </>
    ) : (
      <span className="dash">{waits ? "\u2007" : "—"}</span>
    );
  };
  return (
    <dl className={styles.sums} aria-busy={waits}>
      <div>
        <dt>{t("list.board.open")}</dt>
        <dd>
          {figure(sums.reduce((a, b) => a + b, 0))}{" "}
          {known && <small>· {t("list.board.n", { n: told.reduce((a, one) => a + (one.n ?? 0), 0) })}</small>}
        </dd>
      </div>
      <div>
        <dt>{t("list.board.expected")}</dt>
        <dd>{figure(sums.reduce((a, b, at) => a + b * (told[at]?.chance ?? 0), 0))}</dd>
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
  sum,
  figures,
  moves,
  heldFrom,
  initial,
}: LaneProps & { moves: Move[]; heldFrom: string | undefined; initial?: Values }) {
  const t = useT();
  const label = useLabel();
  const create = useCreateHere(list);
  const { object } = list;
  const f = useFormat();
  const noun = useNouns(object);
  const weighted = (Number(figures.values?.sum ?? 0) * (lane.probability ?? 0)) / 100;
  const short = (n: number) => f.joined(f.short(n));
  const found = useInfiniteQuery(laneOptions(list, by, lane.name));
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
  // What is not in sight yet is drawn once what is has been.
  const most = useDeferredValue(Number.POSITIVE_INFINITY, Math.ceil(window.innerHeight / CARD));
  const target = isOver && heldFrom !== lane.name;
  return (
    <section className={styles.lane} aria-label={name} data-place>
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
          <SkeletonRows shape="lane" />
        ) : found.isLoadingError ? (
          <ErrorState error={found.error} retry={found.refetch} />
        ) : (
          rows
            .slice(0, most)
            .map((record, at) => (
              <Card key={record.id} list={list} by={by} record={record} sum={sum} lane={lane.name} first={at === 0} />
            ))
        )}
        {/* Where it stands is known when the cards are here. */}
        <footer className={styles.laneFoot} hidden={found.isPending}>
          {create && (
            <button type="button" tabIndex={-1} onClick={() => create({ ...initial, [by.name]: lane.name })}>
              <Plus />
              {t("shell.create.one", { object: noun.one })}
              <span className="sr"> · {name}</span>
            </button>
          )}
          {found.hasNextPage && (
            <button type="button" tabIndex={-1} className={styles.rest} onClick={() => void found.fetchNextPage()}>
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
      tabIndex={-1}
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
