/** The table: rows of 36 pixels, only those in sight are in the document. A cursor goes through its cells as in a spreadsheet. */
import { Check, ChevronDown, ChevronRight, PanelRight, PenLine } from "lucide-react";
import {
  type CSSProperties,
  type KeyboardEvent,
  type MouseEvent,
  memo,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { slots } from "../apps/slots";
import { twin, useFormatContext } from "../fields";
import type { Scale } from "../fields/twin";
import { useFormat, useLabel, useT } from "../i18n";
import { type Field, fieldIn, type Look, type ObjectDef, type RecordData, titleOf } from "../schema/catalog";
import { Avatar, cx, RecordLink, Tick, useToast } from "../ui";
import type { BodyProps } from "./body";
import { ColumnHead, headingOf } from "./ColumnHead";
import type { Column } from "./columns";
import { type Edit, EditCell, type Way } from "./EditCell";
import { EditForm } from "./forms";
import { groupWords } from "./groups";
import { isEditable, type List } from "./list";
import styles from "./list.module.css";
import { keepPlace, placeHere, untouched } from "./place";
import { Reach } from "./RecordReach";
import { comeBack, even, Track, useSight } from "./sight";
import { Figure, type Figures, Totals, useFigures } from "./Totals";
import { type Range, type Spot, useCells } from "./useCells";
import { useRowActs } from "./useRowActs";

const ROW = 36;
const CHECK = 48;
/** What the first column has room for besides its words: a mark, and what can be done with the row. */
const MARK = 70;
/** What stands over and under the rows: bar, title, tabs, sentence, head and totals. */
const AROUND = 264;
/** What lies over the ends of the scrolling part: the head and the totals, and the bar of what is chosen. */
const HEAD = 34;
const TOTALS = 38;
const BAR = 64;
/** Among so many lines a record is looked for that may have moved. */
const NEAR = 1000;
/** A heading makes its column no wider than this. */
const MOST_HEADING = 180;

type Heading = (column: Column) => string;

/** The room that a heading takes with the arrow of its order and its menu, more or less: letters are not measured. */
const roomFor = (heading: string): number =>
  Math.min(MOST_HEADING, 53 + [...heading].reduce((sum, sign) => sum + (sign > "\u2e80" ? 12.5 : 6.8), 0));

const widthOf = (column: Column, index: number, look: Look, heading: Heading): number => {
  const width = (twin(column.field).width ?? 140) + (index === 0 ? MARK : 0);
  return look.widths?.[column.path] ?? Math.round(Math.max(width, roomFor(heading(column))));
};

export function Table({ list, rows, sections, selection, onFilter, onFold }: BodyProps) {
  const t = useT();
  const label = useLabel();
  const toast = useToast();
  const scroller = useRef<HTMLDivElement>(null);
  const [track] = useState(() => new Track());
  const [edit, setEdit] = useState<Edit | null>(null);
  const [saved, setSaved] = useState<string | null>(null);
  const [form, setForm] = useState<RecordData | null>(null);
  const figures = useFigures(list);
  const { columns, look, object } = list;
  const heading = useCallback<Heading>((column) => headingOf(object, column, label), [object, label]);
  const { template, least, stays } = useMemo(() => layout(columns, look, heading), [columns, look, heading]);
  const rowAt = (line: number): RecordData | undefined => (rows.lines ? rows.line(line).row : undefined);
  /** Brings a line into sight. By itself, as rows are of one height: a frame more for each key would be felt. */
  const bring = (line: number) => {
    const box = scroller.current;
    if (!box) return;
    const top = line * ROW;
    track.bring(box, top + ROW + HEAD + TOTALS + (selection.some ? BAR : 0) - box.clientHeight, top);
  };
  const cells = useCells({ list, rows, onMove: bring });
  const { cursor, range } = cells;
  const column = cursor ? columns[cursor.col] : undefined;
  const begin = (line: number, col: number) => {
    const at = columns[col];
    if (!rowAt(line) || !at || col === 0 || !isEditable(object, at)) return false;
    cells.go({ line, col });
    setEdit({ line, col });
    return true;
  };
  const moveTo = (line: number, col = cursor?.col ?? 0, extend = false) => {
    const next = {
      line: Math.max(0, Math.min(rows.lines - 1, line)),
      col: Math.max(0, Math.min(columns.length - 1, col)),
    };
    cells.go(next, extend);
    keepPlace({ ...next, id: rowAt(next.line)?.id });
    follow(rowAt(next.line));
  };
  const line = cursor?.line ?? -1;
  const at = cursor?.col ?? 0;
  // Who comes back to a list is where they were in it.
  const here = rows.lines > 0;
  // What scrolls is none of the lines' own: it is there after them.
  useLayoutEffect(() => {
    if (here && scroller.current) comeBack(scroller.current, track);
  }, [here, track]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once
  useEffect(() => {
    const place = here && placeHere();
    if (!place || place.line === undefined) return;
    const lines = Array.from({ length: Math.min(rows.lines, NEAR) }, (_, n) => n);
    const found = lines.find((n) => place.id && rowAt(n)?.id === place.id) ?? place.line;
    // Who had scrolled on from the cursor stays there.
    cells.go({ line: found, col: Math.min(place.col ?? 0, columns.length - 1) }, false, found === place.line);
    if (untouched()) scroller.current?.focus({ preventScroll: true });
  }, [here]);
  // What is written in may be wider and taller than the cell.
  useEffect(() => {
    if (at > 0) reveal(scroller.current, edit !== null);
  }, [at, edit]);

  // From here on the arrow keys go through the rows too.
  const step = (by: number) => {
    scroller.current?.focus({ preventScroll: true });
    moveTo(line + by, 0);
  };
  const { preview, shown, follow, choose } = useRowActs({
    list,
    rows,
    selection,
    at: line,
    rowAt,
    anchor: cells.anchor,
    step,
    onEdit: setForm,
  });
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    // Menus and inputs stand inside the grid, and keep their own keys.
    if (event.target !== event.currentTarget || event.nativeEvent.isComposing) return;
    const mod = event.ctrlKey || event.metaKey;
    const page = Math.floor((scroller.current?.clientHeight ?? 0) / ROW) - 3;
    const steps: Record<string, [number, number]> = {
      ArrowDown: [1, 0],
      ArrowUp: [-1, 0],
      ArrowRight: [0, 1],
      ArrowLeft: [0, -1],
      PageDown: [page, 0],
      PageUp: [-page, 0],
      Home: [mod ? -rows.lines : 0, -columns.length],
      End: [mod ? rows.lines : 0, columns.length],
    };
    const way = steps[event.key];
    const base = (event.shiftKey && cells.end) || cursor;
    const head = cursor && sections && rows.line(cursor.line).at < 0 ? rows.line(cursor.line).section : undefined;
    const editable = column && cursor && cursor.col > 0 && isEditable(object, column);
    const find = (part: string) => scroller.current?.querySelector<HTMLElement>(part);
    if (head !== undefined && ["Enter", " ", "ArrowLeft", "ArrowRight"].includes(event.key)) onFold(head);
    else if (event.altKey && event.key === "ArrowDown")
      find(`[role=columnheader]:nth-child(${at + 2}) .${styles.headMenu}`)?.click();
    else if (way) moveTo((base?.line ?? -1) + way[0], (base?.col ?? 0) + (base ? way[1] : 0), event.shiftKey);
    else if (mod && event.key === "Enter") find("#list-cursor a")?.click();
    else if ((event.key === "F2" || event.key === "Enter") && cursor && editable) begin(cursor.line, cursor.col);
    else if ((event.key === "Delete" || event.key === "Backspace") && editable) void cells.empty();
    else if (event.key === "F2" && at === 0 && object.can.update) setForm(rowAt(line) ?? null);
    else if (["F2", "Delete", "Backspace"].includes(event.key) && column && at > 0 && rowAt(line))
      toast({
        text: `${heading(column)}: ${t(object.can.update ? "record.readonly.field" : "record.readonly.role")}`,
        tone: "warn",
      });
    else if (mod && event.key === "a") selection.chooseAll();
    else if (event.key === "Escape" && cursor && (cursor.col > 0 || range)) cells.go({ line: cursor.line, col: 0 });
    else if (event.key.length === 1 && event.key !== " " && !mod && !event.altKey && editable) {
      // The input takes the focus before the letter arrives, which then replaces what stood there.
      begin(cursor.line, cursor.col);
      event.stopPropagation();
      return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const closeEdit = (way: Way) => {
    setEdit(null);
    scroller.current?.focus({ preventScroll: true });
    if (!edit || way === "stay") return;
    moveTo(edit.line + (way === "down" ? 1 : 0), edit.col + (way === "right" ? 1 : way === "left" ? -1 : 0));
  };
  const onCell = (event: MouseEvent, at: number, col: number) => {
    if ((event.target as Element).closest("a, button, input")) return;
    cells.go({ line: at, col }, event.shiftKey);
    scroller.current?.focus({ preventScroll: true });
  };

  const act = useRef<Acts>(null as never);
  const again = (refused: Edit) => {
    cells.go(refused);
    setEdit(refused);
  };
  act.current = { begin, choose, onCell, closeEdit, again, setSaved, preview, setForm };

  return (
    <div className={styles.table}>
      <div
        className={styles.scroller}
        ref={scroller}
        // A region that scrolls must be reachable by keyboard.
        tabIndex={0}
        role="grid"
        // The head, all lines and the totals; of very many the number is only guessed.
        aria-rowcount={rows.exact ? rows.lines + 2 : -1}
        aria-colcount={columns.length + 1}
        aria-label={label(object.plural, object.name)}
        aria-multiselectable="true"
        aria-activedescendant={cursor && !edit ? "list-cursor" : undefined}
        onKeyDown={onKeyDown}
        // Whoever comes by keys sees where they are.
        onFocus={({ target, currentTarget }) => {
          if (target === currentTarget && here && target.matches(":focus-visible")) cells.enter();
        }}
        onCopy={cells.onCopy}
        onPaste={cells.onPaste}
      >
        <div className={styles.width} style={{ minWidth: least, "--columns": template } as CSSProperties}>
          <div className={styles.headRow} role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
            <div role="columnheader" className={styles.check}>
              <Tick
                checked={selection.all && selection.ids.size === 0}
                some={selection.some}
                onToggle={() => (selection.some ? selection.clear() : selection.chooseAll())}
                label={t("list.select.every")}
              />
            </div>
            {columns.map((one, index) => (
              <ColumnHead
                key={one.path}
                list={list}
                column={one}
                index={index}
                width={widthOf(one, index, look, heading)}
                scale={figures.scales.get(one.path)}
                stays={stays[index]}
                onFilter={onFilter}
              />
            ))}
          </div>
          <Lines
            scroller={scroller}
            track={track}
            list={list}
            rows={rows}
            sections={sections}
            selection={selection}
            onFold={onFold}
            figures={figures}
            stays={stays}
            cursor={cursor}
            range={range}
            edit={edit}
            saved={saved}
            shown={shown}
            act={act}
          />
          <Totals
            list={list}
            figures={figures}
            count={rows.count}
            exact={rows.exact}
            template={template}
            line={rows.lines}
          />
        </div>
      </div>
      {cells.dialog}
      {form && <EditForm object={object} record={form} onClose={() => setForm(null)} />}
    </div>
  );
}

interface LinesProps extends Pick<BodyProps, "list" | "rows" | "sections" | "selection" | "onFold"> {
  scroller: RefObject<HTMLElement | null>;
  track: Track;
  figures: Figures;
  stays: (number | undefined)[];
  cursor: Spot | null;
  range: Range | null;
  edit: Edit | null;
  saved: string | null;
  /** The record that stands open at the side. */
  shown: string | undefined;
  act: RefObject<Acts>;
}

/** What is drawn of the rows. By itself: while one scrolls nothing else is drawn again. */
function Lines(props: LinesProps) {
  const { scroller, track, list, rows, sections, selection, onFold, figures } = props;
  const { stays, cursor, range, edit, saved, shown, act } = props;
  const ctx = useFormatContext();
  const { columns, object } = list;
  const { show, lines } = rows;
  const [room] = useState(() => Math.max(0, window.innerHeight - AROUND));
  const { span, shift, height } = useSight(scroller, track, even(lines, ROW), room);
  const [first, last] = span;
  const [from, to] = [Math.min(first, lines), Math.min(last, lines - 1)];
  useEffect(() => show(from, to), [show, from, to]);
  const drawn = Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);
  // Where the keyboard is stays in the document, and what is being typed there, wherever one looks.
  const kept = cursor?.line ?? -1;
  if (kept >= 0 && kept < lines && (kept < from || kept > to)) drawn.splice(kept < from ? 0 : drawn.length, 0, kept);
  return (
    <div className={styles.rows} role="rowgroup" style={{ height }}>
      {drawn.map((index) => {
        // Nothing that is kept makes the box any higher.
        const start = Math.max(0, Math.min(index * ROW - shift, height - ROW));
        const found = rows.line(index);
        const section = sections?.[found.section];
        const here = cursor?.line === index ? cursor.col : -1;
        if (section && found.at < 0)
          return (
            <SectionHead
              key={index}
              list={list}
              figures={figures}
              name={groupWords(ctx, list.group?.field as Field, section.value, section.grain)}
              count={section.count}
              values={section.values}
              open={section.open}
              onFold={() => onFold(found.section)}
              start={start}
              line={index}
              current={here >= 0}
            />
          );
        if (!found.row)
          return <Waiting key={index} columns={columns.length} start={start} line={index} current={here >= 0} />;
        const ranged = range && index >= range.top && index <= range.bottom;
        return (
          <Row
            // By its place: after another order, filter or search the lines are there, and only what they say is new.
            key={index}
            object={object}
            row={found.row}
            columns={columns}
            scales={figures.scales}
            stays={stays}
            start={start}
            line={index}
            selected={selection.has(found.row.id)}
            cursor={here}
            from={ranged ? range.left : -1}
            to={ranged ? range.right : -1}
            edit={edit?.line === index ? edit : null}
            saved={saved?.startsWith(`${found.row.id} `) ? saved : null}
            shown={shown === found.row.id}
            act={act}
          />
        );
      })}
    </div>
  );
}

/** Brings the cursor's cell into sight sideways, past the columns that stay; or what is written in there, all of it. */
function reveal(scroller: HTMLElement | null, editing: boolean): void {
  const cell = scroller?.querySelector(editing ? `.${styles.edit}` : "#list-cursor");
  if (!scroller || !cell || cell.classList.contains(styles.stays ?? "")) return;
  const stay = [...(cell.parentElement?.querySelectorAll(`.${styles.stays}`) ?? [])].at(-1);
  const box = cell.getBoundingClientRect();
  const sight = scroller.getBoundingClientRect();
  const left = stay ? stay.getBoundingClientRect().right : sight.left;
  const right = sight.left + scroller.clientWidth;
  if (box.right > right) scroller.scrollLeft += Math.min(box.right - right, box.left - left);
  else if (box.left < left) scroller.scrollLeft -= left - box.left;
  if (editing) scroller.scrollTop += Math.max(0, box.bottom + TOTALS - sight.top - scroller.clientHeight);
}

/** The tracks of the grid, its least width, and where columns that stay in sight stand. */
function layout(
  columns: Column[],
  look: Look,
  heading: Heading,
): { template: string; least: number; stays: (number | undefined)[] } {
  const pin = look.pin ?? [];
  const widths = columns.map((column, index) => widthOf(column, index, look, heading));
  const tracks: string[] = [`${CHECK}px`];
  const stays: (number | undefined)[] = [];
  let at = CHECK;
  for (const [index, column] of columns.entries()) {
    const width = widths[index] ?? 0;
    const fixed = index === 0 || pin.includes(column.path);
    stays.push(fixed ? at : undefined);
    if (fixed) at += width;
    // What was set by hand, or has others standing beside it, keeps its width; the rest shares the room, each by what it needs.
    const rigid = look.widths?.[column.path] || (fixed && pin.length > 0);
    tracks.push(rigid ? `${width}px` : `minmax(${width}px, ${width}fr)`);
  }
  return { template: tracks.join(" "), least: CHECK + widths.reduce((sum, width) => sum + width, 0), stays };
}

interface Acts {
  begin: (line: number, col: number) => boolean;
  choose: (line: number, extend: boolean) => void;
  onCell: (event: MouseEvent, line: number, col: number) => void;
  closeEdit: (way: Way) => void;
  again: (refused: Edit) => void;
  setSaved: (cell: string | null) => void;
  preview: (row: RecordData) => void;
  setForm: (row: RecordData) => void;
}

interface RowProps {
  object: ObjectDef;
  row: RecordData;
  columns: Column[];
  scales: ReadonlyMap<string, Scale>;
  stays: (number | undefined)[];
  start: number;
  line: number;
  selected: boolean;
  /** The cursor's column, -1 in other rows; likewise the columns of the range. */
  cursor: number;
  from: number;
  to: number;
  edit: Edit | null;
  /** The row and column that have just been saved. */
  saved: string | null;
  /** It stands open at the side. */
  shown: boolean;
  /** Rows are not drawn again because what one can do with them is made anew. */
  act: RefObject<Acts>;
}

const Row = memo(function Row(props: RowProps) {
  const { object, row, columns, scales, stays, start, line, selected, cursor, from, to, edit, saved, shown, act } =
    props;
  const t = useT();
  const title = titleOf(object, row);
  const box = useRef<HTMLDivElement>(null);
  // The table is one stop for Tab; the cursor goes to its cells, and a key follows what they lead to.
  useLayoutEffect(() => {
    for (const link of box.current?.querySelectorAll("a") ?? []) link.tabIndex = -1;
  });
  // What floats in over a row is drawn for the row that is pointed at.
  const [near, setNear] = useState(false);
  useEffect(() => {
    if (!saved) return;
    const timer = setTimeout(() => act.current.setSaved(null), 1200);
    return () => clearTimeout(timer);
  }, [saved, act]);
  return (
    <div
      ref={box}
      role="row"
      aria-rowindex={line + 2}
      aria-selected={selected}
      className={cx(
        styles.row,
        selected && styles.selected,
        (cursor === 0 || shown) && styles.current,
        cursor === 0 && styles.atName,
      )}
      style={{ top: start }}
      onPointerEnter={() => setNear(true)}
      onPointerLeave={() => setNear(false)}
    >
      <div role="gridcell" className={styles.check}>
        <Tick
          checked={selected}
          onToggle={(range) => act.current.choose(line, range)}
          label={t("list.select.row", { title })}
          inGrid
        />
      </div>
      {columns.map((column, at) => {
        const { path } = column;
        const field = path.includes(".") ? column.field : fieldIn(object, column.field, row);
        const { Cell, align } = twin(field);
        const left = stays[at];
        const place = {
          role: "gridcell",
          id: at === cursor ? "list-cursor" : undefined,
          style: left === undefined ? undefined : { left },
          onMouseDown: (event: MouseEvent) => act.current.onCell(event, line, at),
        };
        if (at === 0)
          return (
            <div key={path} {...place} className={cx(styles.name, styles.stays)}>
              <Avatar name={title} id={row.id} square={field.type !== "person"} />
              <RecordLink object={object.name} id={row.id} className="ellipsis" title={title} tabIndex={-1}>
                {title || t("list.untitled")}
              </RecordLink>
              {near && <RowActions object={object} row={row} act={act} />}
            </div>
          );
        if (edit?.col === at)
          return (
            <EditCell
              key={`${path} ${row.id}`}
              object={object}
              row={row}
              field={field}
              edit={edit}
              onClose={(way) => act.current.closeEdit(way)}
              onSaved={() => act.current.setSaved(`${row.id} ${path}`)}
              onRefused={(refused) => act.current.again(refused)}
            />
          );
        return (
          // biome-ignore lint/a11y/noStaticElementInteractions: a cell; F2 and Enter do the same
          <div
            key={path}
            {...place}
            className={cx(
              styles.cell,
              align === "right" && styles.right,
              left !== undefined && styles.stays,
              at === cursor && styles.cursor,
              at >= from && at <= to && styles.ranged,
            )}
            onDoubleClick={() => act.current.begin(line, at)}
          >
            <Cell field={field} value={row[path]} record={row} scale={scales.get(path)} />
            {saved === `${row.id} ${path}` && <Check className={styles.savedTick} />}
          </div>
        );
      })}
    </div>
  );
});

/** What one does with a row at once, at the end of its name. */
function RowActions({ object, row, act }: { object: ObjectDef; row: RecordData; act: RefObject<Acts> }) {
  const t = useT();
  const button = (Glyph: typeof PenLine, name: string, run: () => void) => (
    <button type="button" tabIndex={-1} aria-label={name} data-tip={name} onClick={run}>
      <Glyph />
    </button>
  );
  return (
    <span className={styles.rowActions}>
      {slots("list.row", object.name).map(({ component: Part }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: slots are registered once and stay in order
        <Part key={at} object={object.name} record={row} />
      ))}
      <Reach object={object} record={row} />
      {button(PanelRight, t("list.preview"), () => act.current.preview(row))}
      {object.can.update && button(PenLine, t("list.edit"), () => act.current.setForm(row))}
    </span>
  );
}

interface SectionHeadProps {
  list: List;
  figures: Figures;
  name: string;
  count: number;
  values: Record<string, number | null>;
  open: boolean;
  onFold: () => void;
  start: number;
  line: number;
  current: boolean;
}

function SectionHead(props: SectionHeadProps) {
  const { list, figures, name, count, values, open, onFold, start, line, current } = props;
  const f = useFormat();
  return (
    <div
      role="row"
      aria-rowindex={line + 2}
      id={current ? "list-cursor" : undefined}
      className={cx(styles.row, styles.section, current && styles.current)}
      style={{ top: start }}
    >
      <div role="gridcell" className={styles.check} />
      {list.columns.map((column, at) =>
        at === 0 ? (
          <div key={column.path} role="gridcell" className={cx(styles.name, styles.stays)}>
            <button type="button" aria-expanded={open} onClick={onFold} tabIndex={-1}>
              {open ? <ChevronDown /> : <ChevronRight />}
              <b className="ellipsis">{name}</b>
              <small>{f.number(count)}</small>
            </button>
          </div>
        ) : (
          <div key={column.path} role="gridcell" className={cx(styles.cell, styles.right)}>
            <Figure column={column} values={values} scale={figures.scales.get(column.path)} />
          </div>
        ),
      )}
    </div>
  );
}

/** A row that is on its way. */
const Waiting = memo(function Waiting({
  columns,
  start,
  line,
  current,
}: {
  columns: number;
  start: number;
  line: number;
  current: boolean;
}) {
  return (
    <div
      role="row"
      aria-rowindex={line + 2}
      id={current ? "list-cursor" : undefined}
      aria-busy="true"
      className={cx(styles.row, styles.waiting)}
      style={{ top: start }}
    >
      {Array.from({ length: columns + 1 }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: cells of nothing yet
        <div key={at} role="gridcell" className={styles.cell}>
          {at > 0 && <i />}
        </div>
      ))}
    </div>
  );
});
