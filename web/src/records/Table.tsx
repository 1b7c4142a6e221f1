/** The table: rows of 36 pixels, only those in sight are in the document, more come as one scrolls. */
import { Link, useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowDownUp, ArrowUp, ChevronDown, EyeOff, ListFilter } from "lucide-react";
import { memo, useEffect, useMemo, useRef, useState } from "react";
import { ApiError } from "../api/client";
import { useAggregate } from "../api/queries";
import { useWrites, type Values } from "../api/writes";
import { twin } from "../fields";
import { useFormat, useLabel, useT } from "../i18n";
import type { ObjectDef, RecordData } from "../schema/catalog";
import { titleOf } from "../schema/catalog";
import { parseSort, printSort, same, toggleSort } from "../schema/filter";
import { useKeys } from "../shell/keys";
import { Avatar, cx, Dropdown, type MenuProps, Tick, useToast } from "../ui";
import type { BodyProps } from "./ListPage";
import type { Column, List } from "./list";
import styles from "./list.module.css";

const ROW = 36;
const CHECK = 48;

export function Table({ list, rows, count, exact, selection, more, loadMore }: BodyProps) {
  const t = useT();
  const label = useLabel();
  const navigate = useNavigate();
  const scroller = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(-1);
  const { columns, object } = list;
  const template = useMemo(
    () => `${CHECK}px ${columns.map((column, index) => track(column, index === 0)).join(" ")}`,
    [columns],
  );
  const least = CHECK + columns.reduce((sum, column, index) => sum + width(column, index === 0), 0);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
    scrollPaddingStart: ROW,
    scrollPaddingEnd: 44,
  });
  const items = virtual.getVirtualItems();
  const end = items.at(-1)?.index ?? 0;

  useEffect(() => {
    if (more && end >= rows.length - 30) loadMore();
  }, [more, end, rows.length, loadMore]);

  const move = (by: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, at + by));
    setAt(next);
    virtual.scrollToIndex(next);
  };
  const open = () => {
    const row = rows[at];
    if (row) void navigate({ to: "/o/$object/$id", params: { object: object.name, id: row.id } });
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    x: (event) => rows[at] && selection.toggle(rows[at].id, event.shiftKey),
    e: open,
    enter: open,
    escape: () => selection.clear(),
    "mod+a": () => selection.toggleLoaded(),
  });

  const some = selection.size > 0;
  const whole = some && rows.every((row) => selection.has(row.id));
  return (
    <div className={styles.table}>
      <div
        className={styles.scroller}
        ref={scroller}
        // A region that scrolls must be reachable by keyboard.
        tabIndex={0}
        role="grid"
        aria-rowcount={count ?? -1}
        aria-colcount={columns.length + 1}
        aria-label={label(object.plural, object.name)}
        aria-multiselectable="true"
      >
        <div className={styles.width} style={{ minWidth: least }}>
          <div className={styles.headRow} role="row" style={{ gridTemplateColumns: template }}>
            <div role="columnheader" className={styles.check}>
              <Tick
                checked={whole}
                some={some && !whole}
                onToggle={selection.toggleLoaded}
                label={t("list.select.loaded")}
              />
            </div>
            {columns.map((column, index) => (
              <Head key={column.path} list={list} column={column} first={index === 0} />
            ))}
          </div>
          <div className={styles.rows} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
            {items.map(({ index, start }) => {
              const row = rows[index];
              return (
                row && (
                  <Row
                    key={row.id}
                    object={object}
                    row={row}
                    columns={columns}
                    template={template}
                    start={start}
                    index={index}
                    selected={selection.has(row.id)}
                    current={index === at}
                    onSelect={selection.toggle}
                  />
                )
              );
            })}
          </div>
          <Totals list={list} count={count} exact={exact} template={template} />
        </div>
      </div>
    </div>
  );
}

const width = ({ field }: Column, first: boolean): number => (first ? 240 : (twin(field.type).width ?? 140));
const track = (column: Column, first: boolean): string => `minmax(${width(column, first)}px, ${first ? 1.7 : 1}fr)`;

const Head = memo(function Head({ list, column, first }: { list: List; column: Column; first: boolean }) {
  const t = useT();
  const label = useLabel();
  const key = parseSort(list.sort).find((one) => one.field === column.path);
  const right = twin(column.field.type).align === "right";
  const [head] = column.path.split(".");
  const via = column.path.includes(".") ? list.object.fields.find((field) => field.name === head) : undefined;
  const text = via ? `${label(via.label)} › ${label(column.field.label)}` : label(column.field.label, column.path);
  const sortable = column.field.sortable;
  const paths = list.columns.map((one) => one.path);
  const [preferred] = column.field.operators;
  const items: MenuProps["items"] = [
    ...(sortable
      ? [
          { key: "up", label: t("list.sort.up"), icon: <ArrowUp /> },
          { key: "down", label: t("list.sort.down"), icon: <ArrowDown /> },
          ...(key ? [{ key: "unsort", label: t("list.sort.none"), icon: <ArrowDownUp /> }] : []),
          { type: "divider" as const },
        ]
      : []),
    ...(column.field.operators.includes("is_empty")
      ? [
          { key: "filled", label: t("list.filter.filled"), icon: <ListFilter /> },
          { key: "empty", label: t("list.filter.empty"), icon: <ListFilter /> },
        ]
      : []),
    ...(first ? [] : [{ key: "hide", label: t("list.columns.hideThis"), icon: <EyeOff /> }]),
  ];
  const act = (name: string) => {
    if (name === "up" || name === "down")
      list.set({ sort: printSort([{ field: column.path, down: name === "down" }]) });
    else if (name === "unsort")
      list.set({ sort: printSort(parseSort(list.sort).filter((one) => one.field !== column.path)) });
    else if (name === "hide") list.set({ columns: paths.filter((path) => path !== column.path) });
    else {
      const condition = { field: column.path, op: "is_empty", value: name === "empty" };
      const old = list.filter;
      list.set({
        filter: !old ? condition : "and" in old ? { and: [...old.and, condition] } : { and: [old, condition] },
      });
    }
  };
  const help = label(column.field.help);
  return (
    <div
      role="columnheader"
      aria-sort={key ? (key.down ? "descending" : "ascending") : undefined}
      className={cx(styles.head, right && styles.right, key && styles.sorted)}
    >
      {sortable ? (
        <button
          type="button"
          className={styles.headText}
          title={help || text}
          onClick={(event) => list.set({ sort: toggleSort(list.sort, column.path, event.shiftKey) })}
        >
          <span className="ellipsis">{text}</span>
          {key && (key.down ? <ArrowDown /> : <ArrowUp />)}
        </button>
      ) : (
        <span className={styles.headText} title={help || text}>
          <span className="ellipsis">{text}</span>
        </span>
      )}
      {preferred && items.length > 0 && (
        <Dropdown menu={{ items, onClick: ({ key: name }) => act(name) }} placement="bottomLeft">
          <button type="button" className={styles.headMenu} aria-label={t("list.column.menu", { name: text })}>
            <ChevronDown />
          </button>
        </Dropdown>
      )}
    </div>
  );
});

interface RowProps {
  object: ObjectDef;
  row: RecordData;
  columns: Column[];
  template: string;
  start: number;
  index: number;
  selected: boolean;
  current: boolean;
  onSelect: (id: string, range?: boolean) => void;
}

const Row = memo(function Row({ object, row, columns, template, start, index, selected, current, onSelect }: RowProps) {
  const t = useT();
  const title = titleOf(object, row);
  const [edited, setEdited] = useState<string | null>(null);
  const editable = object.can.update;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      className={cx(styles.row, selected && styles.selected, current && styles.current)}
      style={{ gridTemplateColumns: template, transform: `translateY(${start}px)` }}
    >
      <div role="gridcell" className={styles.check}>
        <Tick
          checked={selected}
          onToggle={(range) => onSelect(row.id, range)}
          label={t("list.select.row", { title })}
        />
      </div>
      {columns.map(({ path, field }, at) => {
        const { Cell, align } = twin(field.type);
        const value = row[path];
        if (at === 0) {
          return (
            <div key={path} role="gridcell" className={styles.name}>
              <Avatar name={title} id={row.id} square={field.type !== "person"} />
              <Link to="/o/$object/$id" params={{ object: object.name, id: row.id }} className="ellipsis" title={title}>
                {title || t("list.untitled")}
              </Link>
            </div>
          );
        }
        if (edited === path)
          return <EditCell key={path} object={object} row={row} path={path} onClose={() => setEdited(null)} />;
        const open = editable && !path.includes(".") && !field.readonly && !field.system;
        return (
          <div
            key={path}
            role="gridcell"
            className={cx(styles.cell, align === "right" && styles.right)}
            onDoubleClick={open ? () => setEdited(path) : undefined}
          >
            <Cell field={field} value={value} record={row} />
          </div>
        );
      })}
    </div>
  );
});

/** A cell being edited: Enter and leaving it save, Esc restores. */
function EditCell({
  object,
  row,
  path,
  onClose,
}: {
  object: ObjectDef;
  row: RecordData;
  path: string;
  onClose: () => void;
}) {
  const t = useT();
  const toast = useToast();
  const { update } = useWrites(object.name);
  const field = object.fields.find((one) => one.name === path);
  const [values, setValues] = useState<Values>({});
  const latest = useRef<Values>({});
  const box = useRef<HTMLDivElement>(null);
  const over = useRef(false);
  if (!field) return null;
  const { Input } = twin(field.type);
  const change = (value: unknown, more?: Values) => {
    latest.current = { ...latest.current, [path]: value, ...more };
    setValues(latest.current);
  };
  const close = () => {
    over.current = true;
    onClose();
  };
  const save = () => {
    if (over.current) return;
    close();
    const changed = Object.entries(latest.current).filter(([name, value]) => !same(value, row[name]));
    if (!changed.length) return;
    update(row.id, Object.fromEntries(changed.map(([name, value]) => [name, written(value)])), {
      version: row.version,
      shown: Object.fromEntries(changed),
      done: t("list.saved", { title: titleOf(object, row) }),
    }).catch((reason) => {
      if (reason instanceof ApiError && reason.status === 422)
        toast({ text: reason.errors[0]?.message ?? reason.message, tone: "danger" });
    });
  };
  return (
    <div
      ref={box}
      role="gridcell"
      tabIndex={-1}
      className={styles.edit}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Escape") close();
      }}
      onBlur={(event) => {
        // Popups of selects and calendars live outside the cell.
        const to = event.relatedTarget as HTMLElement | null;
        const outside =
          to && !box.current?.contains(to) && !to.closest(".ant-select-dropdown, .ant-picker-dropdown, .ant-popover");
        // The input reads what was typed when it is left; after that it is complete.
        if (outside) setTimeout(save, 0);
      }}
    >
      <Input
        field={field}
        value={path in values ? values[path] : row[path]}
        values={{ ...row, ...values }}
        onChange={change}
        onCommit={(value, more) => {
          change(value, more);
          save();
        }}
        label={field.name}
        autoFocus
        size="small"
      />
    </div>
  );
}

/** A link is read as {id, title} and written as its id. */
export function written(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(written);
  if (value && typeof value === "object" && "id" in value && "title" in value)
    return "object" in value ? { object: value.object, id: value.id } : value.id;
  return value;
}

/** The pinned row: how many there are, and the sum of every amount. */
const Totals = memo(function Totals({
  list,
  count,
  exact,
  template,
}: {
  list: List;
  count: number | undefined;
  exact: boolean;
  template: string;
}) {
  const t = useT();
  const f = useFormat();
  const summed = list.columns.filter(
    ({ path, field }) =>
      field.aggregates.includes("sum") &&
      !path.includes(".") &&
      (field.type === "money" || field.type === "decimal" || field.type === "duration"),
  );
  const { data } = useAggregate(
    list.object.name,
    { filter: list.filter, measures: summed.map(({ path }) => ({ fn: "sum" as const, field: path, as: path })) },
    summed.length > 0 && !list.q,
  );
  const sums = data?.[0]?.values;
  return (
    <div className={styles.totals} role="row" style={{ gridTemplateColumns: template }}>
      <div role="gridcell" />
      {list.columns.map(({ path, field }, index) => {
        if (index === 0)
          return (
            <div key={path} role="gridcell">
              {count !== undefined && t(exact ? "list.count" : "list.count.about", { n: count })}
            </div>
          );
        const sum = list.q ? undefined : sums?.[path];
        const { Cell } = twin(field.type);
        return (
          <div
            key={path}
            role="gridcell"
            className={cx(styles.right)}
            title={sum === undefined || sum === null ? undefined : f.number(sum)}
          >
            {sum !== undefined && sum !== null && <Cell field={field} value={sum} record={{}} />}
          </div>
        );
      })}
    </div>
  );
});
