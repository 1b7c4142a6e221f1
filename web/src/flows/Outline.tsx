/** A flow as an outline: a list of lists, so that it is read and walked through in the order in which it runs. Steps are
 * moved by their handles to any place, also with the keyboard. */
import {
  closestCenter,
  DndContext,
  KeyboardCode,
  type KeyboardCoordinateGetter,
  useDraggable,
  useDroppable,
} from "@dnd-kit/core";
import { AlertTriangle } from "lucide-react";
import type { ReactNode } from "react";
import { useT } from "../i18n";
import { cx, say } from "../ui";
import { Grip } from "../ui/Grip";
import { useOrderSensors } from "../ui/order";
import styles from "./flows.module.css";
import { listAt, nestedOf, type Place, ROOT, type Step, walk } from "./model";
import { Adder, Marks, type PictureProps, Sign, useCard, useLaneName } from "./parts";

interface Landing {
  place: Place;
  at: number;
}

/** With the arrows to the next place above or below. */
const toPlaces: KeyboardCoordinateGetter = (event, { context }) => {
  const down = event.code === KeyboardCode.Down;
  if (!down && event.code !== KeyboardCode.Up) return undefined;
  event.preventDefault();
  const half = (context.collisionRect?.height ?? 0) / 2;
  const now = (context.collisionRect?.top ?? 0) + half;
  const rects = [...context.droppableContainers.getEnabled()]
    .flatMap((one) => context.droppableRects.get(one.id) ?? [])
    .filter((rect) => (down ? rect.top + rect.height / 2 > now + 4 : rect.top + rect.height / 2 < now - 4))
    .sort((a, b) => (down ? a.top - b.top : b.top - a.top));
  const to = rects[0];
  return (
    to && { x: to.left + to.width / 2 - (context.collisionRect?.width ?? 0) / 2, y: to.top + to.height / 2 - half }
  );
};

export function Outline(props: PictureProps) {
  const { what, open, onOpen, onMove } = props;
  const t = useT();
  const cardOf = useCard(props);
  const card = cardOf(what.trigger);
  const named = (id: unknown): string => {
    const found = [...walk(what, props.kinds)].find(({ step }) => step.id === id);
    const said = found && cardOf(found.step);
    return said ? said.name || said.kind : "";
  };
  const told = (key: "flow.drag.over" | "flow.drag.done", active: unknown, to: Landing | undefined) => {
    const before = to && to.at > 0 ? listAt(what, to.place)[to.at - 1] : undefined;
    return to && t(before ? `${key}.after` : key, { name: named(active), other: named(before?.id) });
  };
  const landing = (over: { data: { current?: unknown } } | null) => over?.data.current as Landing | undefined;
  const sensors = useOrderSensors(toPlaces);
  const list = (
    <div className={styles.canvas}>
      <ol className={styles.flow} aria-label={t("flow.picture")}>
        <li className={styles.item}>
          <Card
            step="trigger"
            className={styles.start}
            icon={card.icon}
            title={card.kind}
            text={[card.name, card.text].filter(Boolean).join(" · ")}
            wrong={card.wrong}
            on={open === "trigger"}
            onOpen={() => onOpen("trigger")}
          />
        </li>
        <List {...props} place={ROOT} />
        <li className={styles.end}>{t("flow.end")}</li>
      </ol>
    </div>
  );
  if (!onMove) return list;
  return (
    <DndContext
      sensors={sensors}
      collisionDetection={closestCenter}
      accessibility={{
        screenReaderInstructions: { draggable: t("flow.drag.how") },
        announcements: {
          onDragStart: ({ active }) => t("flow.drag.start", { name: named(active.id) }),
          onDragOver: ({ active, over }) => told("flow.drag.over", active.id, landing(over)),
          onDragEnd: ({ active, over }) => told("flow.drag.done", active.id, landing(over)),
          onDragCancel: ({ active }) => t("flow.drag.left", { name: named(active.id) }),
        },
      }}
      onDragEnd={({ active, over }) => {
        const to = landing(over);
        if (to) onMove(String(active.id), to.place, to.at);
      }}
    >
      {list}
    </DndContext>
  );
}

function List(props: PictureProps & { place: Place }) {
  const { what, place } = props;
  const steps = listAt(what, place);
  return (
    <>
      <Join {...props} at={0} />
      {steps.map((step, at) => (
        <StepItem key={step.id} {...props} step={step} at={at} of={steps.length} />
      ))}
    </>
  );
}

function StepItem(props: PictureProps & { place: Place; step: Step; at: number; of: number }) {
  const { step, at, of, place, kinds, figures, became, open, onOpen, onMove } = props;
  const t = useT();
  const named = useLaneName();
  const card = useCard(props)(step);
  const kind = kinds.steps.find((one) => one.name === step.kind);
  const lanes = nestedOf(step, kind, [...place, at]);
  const title = card.name || card.kind;
  return (
    <>
      <li className={styles.item}>
        <Moved
          id={step.id}
          name={title}
          {...{ at, of }}
          onMove={
            onMove &&
            ((to) => {
              // Before the step that stands there, or after it where it comes from above.
              onMove(step.id, place, to > at ? to + 1 : to);
              say(t("shell.order.done", { name: title, n: to + 1, of }));
            })
          }
        >
          <Card
            step={step.id}
            icon={card.icon}
            title={title}
            text={card.text}
            wrong={card.wrong}
            on={open === step.id}
            onOpen={() => onOpen(step.id)}
          >
            <Marks id={step.id} figures={figures} became={became} />
          </Card>
        </Moved>
        {lanes.length > 0 && (
          <div className={styles.lanes}>
            {lanes.map((lane) => (
              <div key={`${lane.name}${lane.at}`} className={styles.lane}>
                <span className={cx(styles.laneHead, "ellipsis")}>{named(step, lane)}</span>
                <ol className={styles.list} aria-label={named(step, lane)}>
                  <List {...props} place={lane.place} />
                </ol>
              </div>
            ))}
          </div>
        )}
      </li>
      <Join {...props} at={at + 1} />
    </>
  );
}

/** A card with the handle by which it is moved. */
function Moved({ onMove, children, ...step }: Omit<MovableProps, "onMove"> & Partial<MovableProps>) {
  return onMove ? <Movable {...{ onMove, ...step }}>{children}</Movable> : children;
}

interface MovableProps {
  id: string;
  name: string;
  at: number;
  of: number;
  onMove: (to: number) => void;
  children: ReactNode;
}

function Movable({ id, name, children, ...places }: MovableProps) {
  const t = useT();
  const { setNodeRef, attributes, listeners, transform, isDragging } = useDraggable({ id });
  return (
    <div
      ref={setNodeRef}
      className={cx(styles.movable, isDragging && styles.moving)}
      style={transform ? { transform: `translate(${transform.x}px, ${transform.y}px)` } : undefined}
    >
      <Grip label={t("admin.move", { name })} className={styles.grip} {...{ attributes, listeners, ...places }} />
      {children}
    </div>
  );
}

interface CardProps {
  step?: string;
  icon: string;
  title: string;
  text: string;
  wrong?: string;
  on: boolean;
  onOpen: () => void;
  className?: string;
  children?: ReactNode;
}

function Card({ step, icon, title, text, wrong, on, onOpen, className, children }: CardProps) {
  return (
    <button
      type="button"
      className={cx(styles.card, className, on && styles.cardOn, wrong && styles.cardBad)}
      aria-pressed={on}
      data-step={step}
      onClick={onOpen}
    >
      <Sign icon={icon} />
      <span className={styles.cardText}>
        <b className="ellipsis">{title}</b>
        {text && <small>{text}</small>}
      </span>
      <span className={styles.cardMarks}>{children}</span>
      {wrong && (
        <span className={styles.fault}>
          <AlertTriangle aria-hidden />
          {wrong}
        </span>
      )}
    </button>
  );
}

function Join({ place, at, what, kinds, says, onAdd, onMove }: Landing & PictureProps) {
  return (
    <li className={styles.join}>
      {onMove && <Target place={place} at={at} />}
      {onAdd && <Adder {...{ place, at, what, kinds, says, onAdd }} />}
    </li>
  );
}

/** Where a step that is dragged can be put down. */
function Target({ place, at }: Landing) {
  const { setNodeRef, isOver, active } = useDroppable({ id: `${place.join(".")}.${at}`, data: { place, at } });
  return <span ref={setNodeRef} className={cx(styles.target, active && styles.targets, isOver && styles.targetOn)} />;
}
