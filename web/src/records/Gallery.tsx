/** Records as cards that wrap to the width: a picture or the mark, the name, and up to four fields. */
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { twin } from "../fields";
import { pictureOf } from "../fields/file";
import { isEmpty } from "../fields/twin";
import { useLabel, useT } from "../i18n";
import { fieldIn, type ObjectDef, type RecordData, titleOf } from "../schema/catalog";
import { Avatar, cx, RecordLink, Tick, usePhone } from "../ui";
import type { BodyProps } from "./body";
import type { Column } from "./columns";
import { EditForm } from "./forms";
import styles from "./gallery.module.css";
import { even, Track, useSight } from "./sight";
import { useSized } from "./sized";
import { useRowActs } from "./useRowActs";

/** Fields of a card, and the measures of its parts in pixels. */
const FIELDS = 4;
const [GAP, EDGE, LINE, HEAD, PAD] = [12, 16, 24, 36, 12];
const RATIO = 0.6;

export default function Gallery({ list, rows, selection }: BodyProps) {
  const t = useT();
  const label = useLabel();
  const phone = usePhone();
  const { object, by: cover } = list;
  const scroller = useRef<HTMLDivElement>(null);
  const width = useSized(scroller, "clientWidth");
  const [cursor, setCursor] = useState(-1);
  const [form, setForm] = useState<RecordData | null>(null);
  const anchor = useRef<number>(undefined);
  const fields = list.columns.filter(({ path }) => path !== object.title && path !== cover?.path).slice(0, FIELDS);
  const edge = phone ? GAP : EDGE;
  const least = phone ? (cover ? 156 : 300) : cover ? 228 : 264;
  const across = Math.max(1, Math.floor((width - 2 * edge + GAP) / (least + GAP)));
  const picture = cover ? Math.round(((width - 2 * edge - (across - 1) * GAP) / across) * RATIO) : 0;
  const high = picture + HEAD + fields.length * LINE + PAD + (cover ? 0 : PAD);
  const step = high + GAP;
  const lines = width ? Math.ceil(rows.lines / across) : 0;
  const [track] = useState(() => new Track());
  const [room] = useState(() => window.innerHeight);
  const { span, shift, height } = useSight(scroller, track, even(lines, step), room);
  const [first, last] = [Math.min(span[0], lines), Math.min(span[1], lines - 1)];
  const [from, to] = [first * across, (last + 1) * across - 1];
  const { show } = rows;
  useEffect(() => show(from, to), [show, from, to]);
  const scope = JSON.stringify([list.filter, list.sort, list.q, list.view.name, list.moment, list.archived]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other records stand in these places now
  useEffect(() => {
    setCursor(-1);
    anchor.current = undefined;
  }, [scope]);

  const at = (index: number): RecordData | undefined => (index < 0 ? undefined : rows.line(index).row);
  const moveTo = (index: number) => {
    const next = Math.max(0, Math.min(rows.lines - 1, index));
    setCursor(next);
    const box = scroller.current;
    const top = Math.floor(next / across) * step;
    if (box) track.bring(box, top + step + 2 * edge - box.clientHeight, top);
    follow(at(next));
  };
  const walk = (by: number) => {
    scroller.current?.focus({ preventScroll: true });
    moveTo(cursor + by);
  };
  const { open, shown, follow, choose } = useRowActs({
    list,
    rows,
    selection,
    at: cursor,
    rowAt: at,
    anchor: (index) => {
      const before = anchor.current;
      anchor.current = index;
      return before;
    },
    step: walk,
    onEdit: setForm,
  });
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.target !== event.currentTarget || event.nativeEvent.isComposing) return;
    const mod = event.ctrlKey || event.metaKey;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / step)) * across;
    const inLine = cursor < 0 ? 0 : cursor % across;
    const steps: Record<string, number> = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: cursor < 0 ? 1 : across,
      ArrowUp: -across,
      PageDown: page,
      PageUp: -page,
      Home: mod ? -rows.lines : -inLine,
      End: mod ? rows.lines : across - 1 - inLine,
    };
    const by = steps[event.key];
    if (by !== undefined) moveTo(cursor + by);
    else if (mod && event.key === "a") selection.chooseAll();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <>
      <div
        className={styles.gallery}
        ref={scroller}
        // A region that scrolls must be reachable by keyboard.
        tabIndex={0}
        role="grid"
        aria-rowcount={rows.count === undefined ? -1 : Math.ceil(rows.count / across)}
        aria-colcount={across}
        aria-label={label(object.plural, object.name)}
        aria-multiselectable="true"
        aria-activedescendant={cursor >= from && cursor <= to ? "list-cursor" : undefined}
        onKeyDown={onKeyDown}
      >
        <div role="rowgroup" className={styles.all} style={{ height, margin: `${edge}px 0 ${phone ? 90 : edge}px` }}>
          {Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at).map((line) => (
            <div
              key={line}
              role="row"
              aria-rowindex={line + 1}
              className={styles.line}
              style={{
                gridTemplateColumns: `repeat(${across}, minmax(0, 1fr))`,
                transform: `translateY(${line * step - shift}px)`,
                height: high,
                padding: `0 ${edge}px`,
              }}
            >
              {Array.from({ length: Math.min(across, rows.lines - line * across) }, (_, place) => {
                const index = line * across + place;
                const row = at(index);
                if (!row)
                  return (
                    <div key={index} role="gridcell" aria-busy="true" className={cx(styles.card, styles.waiting)} />
                  );
                const title = titleOf(object, row);
                const chosen = selection.has(row.id);
                const here = index === cursor || shown === row.id;
                return (
                  // biome-ignore lint/a11y/useKeyWithClickEvents: the name inside is a link; Enter opens it too
                  <div
                    key={row.id}
                    role="gridcell"
                    id={index === cursor ? "list-cursor" : undefined}
                    tabIndex={-1}
                    aria-selected={chosen}
                    className={cx(
                      styles.card,
                      chosen && styles.selected,
                      here && styles.current,
                      selection.some && styles.choosing,
                    )}
                    onClick={(event) => {
                      if (!(event.target as Element).closest("a, button, input")) open(row);
                    }}
                  >
                    {cover && <Cover object={object} value={row[cover.path]} row={row} high={picture} title={title} />}
                    <div className={styles.name}>
                      {!cover && <Avatar name={title} id={row.id} size={28} square={isThing(list.columns[0])} />}
                      <RecordLink object={object.name} id={row.id} className="ellipsis" tabIndex={-1}>
                        {title || t("list.untitled")}
                      </RecordLink>
                    </div>
                    <dl className={styles.facts}>
                      {fields.map((column) => (
                        <Fact key={column.path} object={object} column={column} row={row} />
                      ))}
                    </dl>
                    {!phone && (
                      <span className={styles.tick}>
                        <Tick
                          checked={chosen}
                          onToggle={(range) => choose(index, range)}
                          label={t("list.select.row", { title })}
                          inGrid
                        />
                      </span>
                    )}
                  </div>
                );
              })}
            </div>
          ))}
        </div>
      </div>
      {form && <EditForm object={object} record={form} onClose={() => setForm(null)} />}
    </>
  );
}

const isThing = (name: Column | undefined): boolean => name?.field.type !== "person";

interface CoverProps {
  object: ObjectDef;
  value: unknown;
  row: RecordData;
  high: number;
  title: string;
}

/** The picture, else the mark; a picture that cannot be had is none. */
function Cover({ object, value, row, high, title }: CoverProps) {
  const [lost, setLost] = useState(false);
  const picture = pictureOf(value);
  const name = object.fields.find((field) => field.name === object.title);
  return (
    <div className={styles.cover} style={{ height: high }}>
      {picture && !lost ? (
        <img src={picture} alt="" loading="lazy" decoding="async" onError={() => setLost(true)} />
      ) : (
        <Avatar name={title} id={row.id} size={Math.min(64, Math.round(high / 2))} square={name?.type !== "person"} />
      )}
    </div>
  );
}

function Fact({ object, column, row }: { object: ObjectDef; column: Column; row: RecordData }) {
  const label = useLabel();
  const { path } = column;
  const field = path.includes(".") ? column.field : fieldIn(object, column.field, row);
  const { Cell } = twin(field);
  return (
    <div>
      <dt className="ellipsis">{label(field.label, path)}</dt>
      <dd className="ellipsis">
        {isEmpty(row[path]) ? <span className="dash">—</span> : <Cell field={field} value={row[path]} record={row} />}
      </dd>
    </div>
  );
}
