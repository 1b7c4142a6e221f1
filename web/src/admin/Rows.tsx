/** Rows that are put in order by dragging, or with the keyboard: options, stages. */
import { closestCenter, DndContext } from "@dnd-kit/core";
import { arrayMove, SortableContext, useSortable, verticalListSortingStrategy } from "@dnd-kit/sortable";
import { CSS } from "@dnd-kit/utilities";
import { Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { type Key, useT } from "../i18n";
import { cx, Popover, say, toneOf } from "../ui";
import { Grip } from "../ui/Grip";
import { useOrderSaid, useOrderSensors } from "../ui/order";
import styles from "./admin.module.css";

export interface Keyed {
  /** Stays the same while its name is being typed. */
  key: string;
}

interface RowsProps<Row extends Keyed> {
  rows: Row[];
  onMove: (rows: Row[]) => void;
  /** What the handle is called for a row. */
  name: (row: Row) => string;
  render: (row: Row, at: number) => ReactNode;
  faded?: (row: Row) => boolean;
}

export function Rows<Row extends Keyed>({ rows, onMove, name, render, faded }: RowsProps<Row>) {
  const t = useT();
  const sensors = useOrderSensors();
  const said = useOrderSaid(
    rows.map((row) => row.key),
    (key) => {
      const row = rows.find((one) => one.key === key);
      return row ? name(row) : "";
    },
  );
  const move = (from: number, to: number) => {
    if (from >= 0 && to >= 0 && from !== to) onMove(arrayMove(rows, from, to));
  };
  return (
    <DndContext
      sensors={sensors}
      accessibility={said}
      collisionDetection={closestCenter}
      onDragEnd={({ active, over }) =>
        move(
          rows.findIndex((row) => row.key === active.id),
          rows.findIndex((row) => row.key === over?.id),
        )
      }
    >
      <SortableContext items={rows.map((row) => row.key)} strategy={verticalListSortingStrategy}>
        <div className={styles.rows}>
          {rows.map((row, at) => (
            // One that goes over to what is left out leaves the keyboard where it was, at the row that follows.
            <Movable
              key={faded?.(row) ? `off ${row.key}` : row.key}
              id={row.key}
              name={name(row)}
              faded={faded?.(row)}
              at={at}
              of={rows.length}
              onMove={(to) => {
                move(at, to);
                say(t("shell.order.done", { name: name(row), n: to + 1, of: rows.length }));
              }}
            >
              {render(row, at)}
            </Movable>
          ))}
        </div>
      </SortableContext>
    </DndContext>
  );
}

interface MovableProps {
  id: string;
  name: string;
  faded?: boolean;
  at: number;
  of: number;
  onMove: (to: number) => void;
  children: ReactNode;
}

function Movable({ id, name, faded, children, ...places }: MovableProps) {
  const t = useT();
  const { setNodeRef, attributes, listeners, transform, transition } = useSortable({ id });
  return (
    <div
      ref={setNodeRef}
      className={cx(styles.row, faded && styles.rowOff)}
      style={{ transform: CSS.Translate.toString(transform), transition }}
    >
      <Grip label={t("admin.move", { name })} className={styles.grip} {...{ attributes, listeners, ...places }} />
      {children}
    </div>
  );
}

/** Below rows: what makes one more. `name` says what is added to, where there are several of it on a page. */
export function AddRow({ name, onClick, children }: { name?: string; onClick: () => void; children: ReactNode }) {
  return (
    <button type="button" className={styles.addRow} aria-label={name} onClick={onClick}>
      <Plus />
      {children}
    </button>
  );
}

/** The catalog's colours: few, so that each keeps its meaning. */
const COLORS = ["gray", "green", "cyan", "blue", "gold", "red"] as const;

export function ColorPick({
  color,
  name,
  onChange,
}: {
  color: string;
  name: string;
  onChange: (color: string) => void;
}) {
  const t = useT();
  const [open, setOpen] = useState(false);
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      label={t("admin.color.of", { name })}
      content={
        <div className={styles.swatches}>
          {COLORS.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={one === color || (one === "gray" && !color)}
              aria-label={t(`admin.color.${one}` as Key)}
              title={t(`admin.color.${one}` as Key)}
              onClick={() => {
                onChange(one === "gray" ? "" : one);
                setOpen(false);
              }}
            >
              <Swatch color={one} />
            </button>
          ))}
        </div>
      }
    >
      <button type="button" className={styles.colour} aria-label={t("admin.color.of", { name })}>
        <Swatch color={color} />
      </button>
    </Popover>
  );
}

export function Swatch({ color }: { color: string | null | undefined }) {
  return <span className={cx(styles.swatch, styles[`swatch_${toneOf(color)}`])} aria-hidden="true" />;
}
