/** Tables of the settings, declared by their columns; and what stands in their place while there is nothing to show. */
import { Link } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { type Key, type ReactNode, useEffect, useRef, useState } from "react";
import { useFormat, useT } from "../i18n";
import { ActsOf, Button, cx, Empty, ErrorState, HEADING, type Shape, SkeletonRows, Switch, TextInput } from "../ui";
import { say } from "../ui/title";
import styles from "./admin.module.css";

export interface ColumnOf<Row> {
  head: ReactNode;
  cell: (row: Row) => ReactNode;
  /** Left out on a phone, or where the section is narrow as well. */
  hide?: "phone" | "narrow";
  /** The buttons of a row: at the right, under a heading that is only heard. */
  acts?: boolean;
  right?: boolean;
  tight?: boolean;
  soft?: boolean;
  /** Where rows are entries: has a line of its own. */
  line?: boolean;
  /** Its cell is the button that opens the row: the row itself is then no stop for the keyboard. */
  opens?: boolean;
}

interface TableProps<Row> {
  rows: Row[];
  columns: ColumnOf<Row>[];
  name: (row: Row) => Key;
  /** What it is called, where it is not what its page is about. */
  label?: string;
  /** What a row is called: its acts are heard with it. */
  title?: (row: Row) => string;
  onOpen?: (row: Row) => void;
  chosen?: (row: Row) => boolean;
  off?: (row: Row) => boolean;
  /** On a phone each row is a card, every value beside its heading: for tables whose columns all matter. */
  stack?: boolean;
  /** On a phone each row is an entry, all of its cells after and under each other: for tables that are read, not compared. */
  entries?: boolean;
  /** A line across, under a row. */
  under?: (row: Row) => ReactNode;
}

/** Rows that are drawn at first, and then each time that their end comes near. */
const STEP = 120;

/** How many of some rows are drawn: those that were scrolled to, and at least so many. */
function useDrawn(all: number, least: number) {
  const [reached, setReached] = useState(STEP);
  const end = useRef<HTMLTableRowElement>(null);
  const drawn = Math.max(reached, least);
  useEffect(() => {
    const row = end.current;
    if (!row || drawn >= all) return;
    const near = new IntersectionObserver(
      (seen) => seen.some((one) => one.isIntersecting) && setReached(drawn + STEP),
      { rootMargin: "1200px" },
    );
    near.observe(row);
    return () => near.disconnect();
  }, [drawn, all]);
  return { drawn, end: drawn < all && <tr ref={end} /> };
}

export function DataTable<Row>(props: TableProps<Row>) {
  const { rows, columns, name, label, title, onOpen, chosen, off, stack, entries, under } = props;
  const place = (column: ColumnOf<Row>) =>
    cx(
      column.hide && styles.hidePhone,
      column.hide === "narrow" && styles.hideNarrow,
      (column.right || column.acts) && styles.right,
      column.tight && styles.tight,
      column.soft && styles.second,
      column.line && styles.ownLine,
    );
  // Those who hear the page are told how many there are each time that it changes, also where none are left.
  const t = useT();
  const found = t("list.said", { n: rows.length });
  const none = t("list.said", { n: 0 });
  const told = useRef(document.activeElement?.matches("[type=search]") ? "" : found);
  useEffect(() => {
    if (told.current !== found) say(found);
    told.current = found;
  }, [found]);
  useEffect(() => () => void setTimeout(() => document.querySelector("[data-empty]") && say(none)), [none]);
  const stop = columns.some((column) => column.opens) ? undefined : onOpen;
  const { drawn, end } = useDrawn(rows.length, (chosen ? rows.findIndex(chosen) : -1) + 1);
  return (
    <table
      className={cx(styles.table, stack && styles.stack, entries && styles.entries)}
      aria-label={label}
      aria-labelledby={label ? undefined : HEADING}
      aria-rowcount={rows.length + 1}
    >
      <thead>
        <tr>
          {columns.map((column, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: columns stay in their places
            <th key={at} className={place(column)}>
              {column.acts ? <span className="sr">{column.head}</span> : column.head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.slice(0, drawn).flatMap((row) => {
          const more = under?.(row);
          return [
            <tr
              key={name(row)}
              className={cx(onOpen && styles.click, off?.(row) && styles.off, chosen?.(row) && styles.on)}
              onClick={onOpen && (() => onOpen(row))}
              tabIndex={stop ? 0 : undefined}
              onKeyDown={
                stop &&
                ((event) => {
                  // What stands in the row hears its own keys.
                  if (event.key === "Enter" && event.target === event.currentTarget) stop(row);
                })
              }
            >
              {columns.map((column, at) => (
                <td
                  // biome-ignore lint/suspicious/noArrayIndexKey: columns stay in their places
                  key={at}
                  className={place(column)}
                  data-head={typeof column.head === "string" && !column.acts ? column.head : undefined}
                >
                  {column.acts ? (
                    <ActsOf value={title?.(row) ?? ""}>{column.cell(row)}</ActsOf>
                  ) : (
                    (column.cell(row) ?? <span className={cx(styles.soft, styles.nothing)}>—</span>)
                  )}
                </td>
              ))}
            </tr>,
            more && (
              <tr key={`${name(row)} more`} data-under>
                <td colSpan={columns.length} className={styles.kept}>
                  {more}
                </td>
              </tr>
            ),
          ];
        })}
        {end}
      </tbody>
    </table>
  );
}

interface Asked {
  isPending: boolean;
  /** It failed, and there is nothing from before. */
  isLoadingError: boolean;
  error: unknown;
  refetch: () => unknown;
  hasNextPage?: boolean;
  isFetchingNextPage?: boolean;
  fetchNextPage?: () => unknown;
}

interface AnsweredProps {
  of: Asked;
  empty?: ReactNode | false;
  /** It is a part of a page, which goes on without it. */
  small?: boolean;
  /** What comes looks so. */
  shape?: Shape;
  children?: ReactNode;
}

/** What was asked for: on its way, failed, nothing at all, or there; with a way to more of it. */
export function Answered({ of, empty, small, shape, children }: AnsweredProps) {
  const t = useT();
  if (of.isPending) return <SkeletonRows shape={shape} />;
  // What is there stays when it could not be read anew: that is said at the head of the page.
  if (of.isLoadingError) return <ErrorState error={of.error} retry={() => void of.refetch()} small={small} />;
  if (empty) return typeof empty === "string" ? <Empty title={empty} /> : empty;
  return (
    <>
      {children}
      {of.hasNextPage && (
        <div className={styles.bar}>
          <Button loading={of.isFetchingNextPage} onClick={() => void of.fetchNextPage?.()}>
            {t("admin.more")}
          </Button>
        </div>
      )}
    </>
  );
}

interface FindProps {
  label: string;
  value: string;
  onChange: (text: string) => void;
}

/** Where one types what to look for. */
export function Find({ label, value, onChange }: FindProps) {
  return (
    <TextInput
      type="search"
      className={styles.find}
      prefix={<Search />}
      value={value}
      placeholder={label}
      aria-label={label}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

interface ToggleProps {
  id?: string;
  label: string;
  help?: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (on: boolean) => void;
}

/** On or off, with its words beside it. */
export function Toggle({ label, help, ...rest }: ToggleProps) {
  return (
    <div className={styles.switch}>
      <Switch {...rest} size="small" aria-label={label} />
      <span>
        {label}
        {help && <small>{help}</small>}
      </span>
    </div>
  );
}

/** How long ago; on pointing, when exactly. */
export function When({ at }: { at: string }) {
  const f = useFormat();
  return (
    <time dateTime={at} title={f.datetime(at)}>
      {f.ago(at)}
    </time>
  );
}

export interface TabOf {
  name: string;
  text: ReactNode;
  small?: ReactNode;
  /** Where it lies; without it `onPick` is told. */
  to?: { to: string; params?: object; search?: object };
}

interface TabsProps {
  label: string;
  tabs: TabOf[];
  at: string | undefined;
  onPick?: (name: string) => void;
  children?: ReactNode;
}

export function TabBar({ label, tabs, at, onPick, children }: TabsProps) {
  return (
    <nav className={cx("sideways", styles.tabs)} aria-label={label}>
      {tabs.map(({ name, text, small, to }) => {
        const given = {
          className: cx(styles.tab, name === at && styles.tabOn),
          "aria-current": name === at ? ("page" as const) : undefined,
          onClick: () => onPick?.(name),
          children: (
            <>
              {text}
              {small !== undefined && <small>{small}</small>}
            </>
          ),
        };
        return to ? (
          <Link key={name} {...(to as { to: "/" })} {...given} />
        ) : (
          <button key={name} type="button" {...given} />
        );
      })}
      {children}
    </nav>
  );
}
