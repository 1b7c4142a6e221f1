/** A column's head: a click sorts, its edge makes it wider, its menu shows how the values lie and what can be done. */
import {
  ArrowDown,
  ArrowDownUp,
  ArrowLeft,
  ArrowRight,
  ArrowUp,
  ChevronDown,
  ChevronsLeftRight,
  ChevronsRightLeft,
  EyeOff,
  ListFilter,
  ListTree,
  Pin,
  PinOff,
} from "lucide-react";
import { memo, Suspense, useRef } from "react";
import { twin } from "../fields";
import type { Scale } from "../fields/twin";
import { useLabel, useT } from "../i18n";
import { part } from "../renew";
import type { ObjectDef } from "../schema/catalog";
import { parseSort, printSort, toggleSort } from "../schema/filter";
import { cx, Dropdown, type MenuProps } from "../ui";
import type { Column } from "./columns";
import { groups, type List, narrowed, useOrder } from "./list";
import styles from "./list.module.css";

const Distribution = part(() => import("./Distribution"));

const LEAST = 64;
/** Wider than any is made; an edge that can be moved must say between what. */
const MOST = 2000;
const STEP = 16;
/** What an entry of the menu adds or takes. */
const LEAP = 64;

interface HeadProps {
  list: List;
  column: Column;
  index: number;
  width: number;
  scale: Scale | undefined;
  /** Px from the left where it stays; undefined for what scrolls. */
  stays: number | undefined;
  /** Opens the editor of a new condition on the column. */
  onFilter: (path: string) => void;
}

/** What a column is called; with the link that it follows. */
export function headingOf(object: ObjectDef, { path, field }: Column, label: ReturnType<typeof useLabel>): string {
  const [head] = path.split(".");
  const via = path.includes(".") ? object.fields.find((one) => one.name === head) : undefined;
  return via ? `${label(via.label)} › ${label(field.label)}` : label(field.label, path);
}

export const ColumnHead = memo(function ColumnHead(props: HeadProps) {
  const { list, column, index, width, scale, stays, onFilter } = props;
  const t = useT();
  const label = useLabel();
  const { path, field } = column;
  const order = useOrder(list);
  const key = parseSort(order).find((one) => one.field === path);
  const right = twin(field).align === "right";
  const text = headingOf(list.object, column, label);
  const paths = list.columns.map((one) => one.path);
  const pin = list.look.pin ?? [];
  const pinned = pin.includes(path);
  const filterable = field.operators.length > 0;
  const time = field.operators.includes("within");

  const move = (by: number) => {
    const next = paths.filter((one) => one !== path);
    next.splice(index + by, 0, path);
    list.set({ columns: next });
  };
  const sort = (down: boolean) => list.set({ sort: printSort([{ field: path, down }]) });
  const only = (empty: boolean) =>
    list.set({ filter: narrowed(list, path, { field: path, op: "is_empty", value: empty }) });
  const items: MenuProps["items"] = [
    field.sortable && {
      key: "up",
      label: t(time ? "list.sort.old" : right ? "list.sort.small" : "list.sort.up"),
      icon: <ArrowUp />,
      onClick: () => sort(false),
    },
    field.sortable && {
      key: "down",
      label: t(time ? "list.sort.new" : right ? "list.sort.large" : "list.sort.down"),
      icon: <ArrowDown />,
      onClick: () => sort(true),
    },
    key && {
      key: "unsort",
      label: t("list.sort.none"),
      icon: <ArrowDownUp />,
      onClick: () => list.set({ sort: printSort(parseSort(order).filter((one) => one.field !== path)) }),
    },
    field.sortable && { type: "divider" as const, key: "after sort" },
    filterable && {
      key: "filter",
      label: t("list.filter.by"),
      icon: <ListFilter />,
      onClick: () => onFilter(path),
    },
    field.operators.includes("is_empty") &&
      !field.required && {
        key: "empty",
        label: t("list.filter.empty"),
        icon: <ListFilter />,
        onClick: () => only(true),
      },
    groups(field) && {
      key: "group",
      label: t(list.group?.path === path ? "list.group.none" : "list.group.by"),
      icon: <ListTree />,
      onClick: () => list.set({ group: list.group?.path === path ? "" : path }),
    },
    ...(index > 0
      ? [
          { type: "divider" as const, key: "place" },
          index > 1 && { key: "left", label: t("list.columns.left"), icon: <ArrowLeft />, onClick: () => move(-1) },
          index < paths.length - 1 && {
            key: "right",
            label: t("list.columns.right"),
            icon: <ArrowRight />,
            onClick: () => move(1),
          },
          ...([1, -1] as const).map((by) => ({
            key: by > 0 ? "wider" : "narrower",
            label: t(by > 0 ? "list.columns.wider" : "list.columns.narrower"),
            icon: by > 0 ? <ChevronsLeftRight /> : <ChevronsRightLeft />,
            onClick: () => list.set({ widths: { ...list.look.widths, [path]: Math.max(LEAST, width + by * LEAP) } }),
          })),
          {
            key: "pin",
            label: t(pinned ? "list.columns.unpin" : "list.columns.pin"),
            icon: pinned ? <PinOff /> : <Pin />,
            onClick: () => list.set({ pin: pinned ? pin.filter((one) => one !== path) : [...pin, path] }),
          },
          {
            key: "hide",
            label: t("list.columns.hideThis"),
            icon: <EyeOff />,
            onClick: () => list.set({ columns: paths.filter((one) => one !== path) }),
          },
        ]
      : []),
  ].filter((item) => item !== false && item !== undefined);
  const help = label(field.help);
  return (
    <div
      role="columnheader"
      // Of its menu and its edge nothing is said with each cell.
      aria-label={text}
      aria-sort={key ? (key.down ? "descending" : "ascending") : undefined}
      className={cx(styles.head, right && styles.right, key && styles.sorted, stays !== undefined && styles.stays)}
      style={stays === undefined ? undefined : { left: stays }}
    >
      {field.sortable ? (
        <button
          type="button"
          // The table is one stop, from which Alt ↓ leads here.
          tabIndex={-1}
          className={styles.headText}
          title={help || text}
          onClick={(event) => list.set({ sort: toggleSort(order, path, right, event.shiftKey) })}
        >
          <span className="ellipsis">{text}</span>
          {scale && <small>{scale.unit}</small>}
          {key && (key.down ? <ArrowDown /> : <ArrowUp />)}
        </button>
      ) : (
        <span className={styles.headText} title={help || text}>
          <span className="ellipsis">{text}</span>
        </span>
      )}
      {items.length > 0 && (
        <Dropdown
          menu={{
            items,
            head: filterable && (
              <Suspense fallback={<div className={styles.distribution} />}>
                <Distribution list={list} column={column} scale={scale} />
              </Suspense>
            ),
          }}
        >
          <button
            type="button"
            tabIndex={-1}
            className={styles.headMenu}
            aria-label={t("list.column.menu", { name: text })}
          >
            <ChevronDown />
          </button>
        </Dropdown>
      )}
      <Edge list={list} path={path} width={width} name={text} />
    </div>
  );
});

/** The edge that is dragged, or moved by arrow keys, to make a column wider. */
function Edge({ list, path, width, name }: { list: List; path: string; width: number; name: string }) {
  const t = useT();
  const from = useRef<{ x: number; width: number } | null>(null);
  const to = (next: number, replace = true) =>
    list.set({ widths: { ...list.look.widths, [path]: Math.round(Math.max(LEAST, next)) } }, replace);
  return (
    <span
      role="separator"
      aria-orientation="vertical"
      aria-label={t("list.columns.width", { name })}
      aria-valuenow={width}
      aria-valuemin={LEAST}
      aria-valuemax={Math.max(MOST, width)}
      tabIndex={-1}
      className={styles.edge}
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        const head = event.currentTarget.parentElement?.getBoundingClientRect().width ?? width;
        from.current = { x: event.clientX, width: head };
      }}
      onPointerMove={(event) => {
        if (from.current) to(from.current.width + event.clientX - from.current.x);
      }}
      onPointerUp={() => {
        from.current = null;
      }}
      onDoubleClick={() => {
        const { [path]: _, ...rest } = list.look.widths ?? {};
        list.set({ widths: rest }, true);
      }}
      onKeyDown={(event) => {
        if (event.key === "ArrowLeft") to(width - STEP);
        if (event.key === "ArrowRight") to(width + STEP);
      }}
    />
  );
}
