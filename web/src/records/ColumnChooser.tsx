/** Which columns a list shows, in which order: those shown are dragged, others are found by name. */
import { DndContext, type DragEndEvent } from "@dnd-kit/core";
import { arrayMove, SortableContext, useSortable, verticalListSortingStrategy } from "@dnd-kit/sortable";
import { CSS } from "@dnd-kit/utilities";
import { Check } from "lucide-react";
import { useT } from "../i18n";
import { cx, say } from "../ui";
import { Grip } from "../ui/Grip";
import { useOrderSaid, useOrderSensors } from "../ui/order";
import { FieldPicker, usePicks } from "./FieldPicker";
import type { List } from "./list";
import styles from "./list.module.css";

export default function ColumnChooser({ list }: { list: List }) {
  const t = useT();
  const paths = list.columns.map((column) => column.path);
  const chosen = new Set(paths);
  const picks = usePicks(list.object, true);
  const rest = picks.filter((pick) => !chosen.has(pick.path));
  const labels = new Map(picks.map((pick) => [pick.path, pick.label]));
  const sensors = useOrderSensors();
  const said = useOrderSaid(paths, (path) => labels.get(path) ?? path);
  const set = (next: string[]) => list.set({ columns: next }, true);
  const move = (from: number, to: number) => {
    // The name stays first: it is the way into the record.
    if (from > 0 && to > 0 && from !== to) set(arrayMove(paths, from, to));
  };
  const onDragEnd = ({ active, over }: DragEndEvent) =>
    move(paths.indexOf(String(active.id)), paths.indexOf(String(over?.id)));
  return (
    <div className={styles.chooser}>
      <div className={styles.chooserHead}>{t("list.columns.shown")}</div>
      <DndContext sensors={sensors} accessibility={said} onDragEnd={onDragEnd}>
        <SortableContext items={paths} strategy={verticalListSortingStrategy}>
          <div className={styles.shown}>
            {paths.map((path, at) => (
              <ShownColumn
                key={path}
                path={path}
                label={labels.get(path) ?? path}
                fixed={path === list.object.title}
                at={at}
                of={paths.length}
                onMove={(to) => {
                  move(at, to);
                  say(t("shell.order.done", { name: labels.get(path) ?? path, n: to + 1, of: paths.length }));
                }}
                onHide={() => set(paths.filter((one) => one !== path))}
              />
            ))}
          </div>
        </SortableContext>
      </DndContext>
      <div className={styles.chooserHead}>{t("list.columns.more")}</div>
      <FieldPicker picks={rest} onPick={(pick) => set([...paths, pick.path])} />
    </div>
  );
}

interface ShownProps {
  path: string;
  label: string;
  fixed: boolean;
  at: number;
  of: number;
  onMove: (to: number) => void;
  onHide: () => void;
}

function ShownColumn({ path, label, fixed, onHide, ...places }: ShownProps) {
  const t = useT();
  const { setNodeRef, attributes, listeners, transform, transition, isDragging } = useSortable({
    id: path,
    disabled: fixed,
  });
  return (
    <div
      ref={setNodeRef}
      className={cx(styles.pick, isDragging && styles.pickOn)}
      style={{ transform: CSS.Translate.toString(transform), transition }}
    >
      {fixed ? (
        <span className={styles.grip} />
      ) : (
        <Grip
          label={t("list.columns.move", { name: label })}
          className={styles.grip}
          from={1}
          {...{ attributes, listeners, ...places }}
        />
      )}
      <span className="ellipsis">{label}</span>
      <span className="spring" />
      {fixed ? (
        <Check className={styles.locked} />
      ) : (
        <button
          type="button"
          className={styles.hide}
          onClick={onHide}
          aria-label={t("list.columns.hide", { name: label })}
        >
          <Check />
        </button>
      )}
    </div>
  );
}
