/** The list on a phone: one card a record, made for a thumb. */
import { Link } from "@tanstack/react-router";
import { Check, ChevronDown, ChevronRight } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { twin, useFormatContext } from "../fields";
import { isEmpty } from "../fields/twin";
import { useFormat, useLabel, useT } from "../i18n";
import { type Field, fieldIn, type ObjectDef, type RecordData, titleOf } from "../schema/catalog";
import { Avatar, cx } from "../ui";
import type { BodyProps } from "./body";
import type { Column } from "./columns";
import { groupWords } from "./groups";
import styles from "./list.module.css";
import type { Rows } from "./rows";
import { type Lay, readyOf, Track, useSight } from "./sight";

const CARD = 69;
const HEAD = 44;

export function Cards({ list, rows, sections, selection, onFold }: BodyProps) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const ctx = useFormatContext();
  const scroller = useRef<HTMLDivElement>(null);
  const [track] = useState(() => new Track());
  const [asked, setAsked] = useState(false);
  // A tap then chooses what it otherwise opens.
  const choosing = asked || selection.some;
  const { can } = list.object;
  const [room] = useState(() => window.innerHeight);
  const lay = laid(rows, sections !== undefined);
  const { span, shift, height } = useSight(scroller, track, lay, room);
  const { show, lines } = rows;
  const [from, to] = [Math.min(span[0], lines), Math.min(span[1], lines - 1)];
  useEffect(() => show(from, to), [show, from, to]);
  const rest = list.columns.slice(1);
  const seal = rest.find(({ field }) => field.config.seal === true);
  const figure =
    rest.find(({ field }) => twin(field).scale) ??
    rest.find(({ field }) => twin(field).align === "right" && !drawn(field));
  const score = rest.find(({ field }) => twin(field).align === "right" && drawn(field));
  const others = rest.filter((column) => column !== figure && column !== score && column !== seal);
  return (
    <div className={styles.cards} ref={scroller}>
      {rows.count !== undefined && (
        <div className={styles.cardsHead}>
          <p>{t("list.count", { n: ctx.f.count(rows.exact && rows.count, rows.count) })}</p>
          {(can.update || can.delete || can.export) && rows.count > 0 && (
            <button
              type="button"
              onClick={() => {
                setAsked(!choosing);
                selection.clear();
              }}
            >
              {t(choosing ? "shell.cancel" : "list.select")}
            </button>
          )}
        </div>
      )}
      <ul className={styles.cardList} style={{ height }} aria-label={label(list.object.plural)}>
        {Array.from({ length: Math.max(0, to - from + 1) }, (_, place) => from + place).map((index) => {
          const { row, section: at, at: place } = rows.line(index);
          const section = sections?.[at];
          const style = {
            transform: `translateY(${lay.start(index) - shift}px)`,
            height: place < 0 ? HEAD : CARD,
          };
          if (section && place < 0)
            return (
              <li key={`head ${section.key}`} className={styles.cardSection} style={style}>
                <button type="button" aria-expanded={section.open} onClick={() => onFold(at)}>
                  {section.open ? <ChevronDown /> : <ChevronRight />}
                  <b>{groupWords(ctx, list.group?.field as Field, section.value, section.grain)}</b>
                  <small>{f.number(section.count)}</small>
                </button>
              </li>
            );
          if (!row) return null;
          const title = titleOf(list.object, row);
          return (
            <li key={`${section?.key ?? ""} ${row.id}`} style={style} data-end={place === 0 ? "first" : undefined}>
              <Link
                to="/o/$object/$id"
                params={{ object: list.object.name, id: row.id }}
                className={styles.card}
                role={choosing ? "checkbox" : undefined}
                aria-checked={choosing ? selection.has(row.id) : undefined}
                onClick={(event) => {
                  if (!choosing) return;
                  event.preventDefault();
                  selection.choose([row.id], !selection.has(row.id));
                }}
              >
                {choosing ? (
                  <span className={cx(styles.tickBox, selection.has(row.id) && styles.ticked)}>
                    <Check aria-hidden />
                  </span>
                ) : (
                  <Avatar name={title} id={row.id} size={36} square={list.columns[0]?.field.type !== "person"} />
                )}
                <span className={styles.cardText}>
                  <span className={styles.cardName}>
                    <b className="ellipsis" dir="auto">
                      {title || t("list.untitled")}
                    </b>
                    {seal && !isEmpty(row[seal.path]) && (
                      <span className={styles.cardSeal}>
                        <Value object={list.object} column={seal} row={row} />
                      </span>
                    )}
                  </span>
                  <span className={styles.cardMeta}>
                    {filled(others, row).map((column) => (
                      <Value key={column.path} object={list.object} column={column} row={row} />
                    ))}
                  </span>
                </span>
                <span className={styles.cardFigure}>
                  {figure && !isEmpty(row[figure.path]) && <Amount column={figure} row={row} />}
                  {score && !isEmpty(row[score.path]) && (
                    <>
                      <span className="sr">{label(score.field.label, score.path)} </span>
                      <Value object={list.object} column={score} row={row} />
                    </>
                  )}
                </span>
              </Link>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** One below the other; the head of a group is lower than a card. */
function laid(rows: Rows, grouped: boolean): Lay {
  const { lines } = rows;
  const start = (line: number): number => {
    const { section, at } = rows.line(line);
    const heads = grouped ? section + (at < 0 ? 0 : 1) : 0;
    return line * CARD - heads * (CARD - HEAD);
  };
  const high = (line: number) => (rows.line(line).at < 0 ? HEAD : CARD);
  return {
    length: lines ? start(lines - 1) + high(lines - 1) : 0,
    start,
    at: (top) => {
      let [low, above] = [0, Math.max(0, lines - 1)];
      while (low < above) {
        const middle = (low + above + 1) >> 1;
        if (start(middle) <= top) low = middle;
        else above = middle - 1;
      }
      return low;
    },
    ready: readyOf(CARD),
  };
}

const drawn = (field: Field): boolean => twin(field).drawn?.(field) ?? false;

const filled = (columns: Column[], row: RecordData): Column[] =>
  columns.filter(({ path }) => !isEmpty(row[path])).slice(0, 2);

/** A figure at a glance, its unit small. */
function Amount({ column: { path, field }, row }: { column: Column; row: RecordData }) {
  const ctx = useFormatContext();
  const label = useLabel();
  const { figure, format } = twin(field);
  const found = figure?.(row[path], field, ctx, row) ?? { text: format(row[path], field, ctx), unit: "" };
  return (
    <b>
      <span className="sr">{label(field.label, path)} </span>
      {found.text}
      <span className="unit">{found.unit}</span>
    </b>
  );
}

/** What fits so narrow a column, a number or a day, is read whole before a name is: half of it says nothing. */
const NARROW = 150;

/** The card is one link: what would be a link inside it is plain text. */
function Value({ object, column, row }: { object: ObjectDef; column: Column; row: RecordData }) {
  const { path } = column;
  const field = path.includes(".") ? column.field : fieldIn(object, column.field, row);
  const context = useFormatContext();
  const { Cell, align, format, width = 200 } = twin(field);
  const quiet = align === "right" || field.options.length > 0 || field.type === "stage" || drawn(field);
  return quiet ? (
    <Cell field={field} value={row[path]} record={row} />
  ) : (
    <span data-whole={width <= NARROW || undefined}>{format(row[path], field, context)}</span>
  );
}
