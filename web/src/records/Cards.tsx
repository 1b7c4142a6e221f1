/** The list on a phone: one card a record, made for a thumb. */
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { twin, useFormatContext } from "../fields";
import { isEmpty } from "../fields/twin";
import { useLabel, useT } from "../i18n";
import { type RecordData, titleOf } from "../schema/catalog";
import { Avatar } from "../ui";
import type { BodyProps } from "./ListPage";
import type { Column } from "./list";
import styles from "./list.module.css";

const CARD = 69;

export function Cards({ list, rows, count, exact, more, loadMore }: BodyProps) {
  const t = useT();
  const label = useLabel();
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => CARD,
    overscan: 8,
    paddingEnd: 90,
  });
  const items = virtual.getVirtualItems();
  const end = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && end >= rows.length - 20) loadMore();
  }, [more, end, rows.length, loadMore]);
  const rest = list.columns.slice(1);
  const figure =
    rest.find(({ field }) => field.type === "money") ?? rest.find(({ field }) => twin(field.type).align === "right");
  const others = rest.filter((column) => column !== figure);
  return (
    <div className={styles.cards} ref={scroller}>
      {count !== undefined && (
        <p className={styles.cardsHead}>{t(exact ? "list.count" : "list.count.about", { n: count })}</p>
      )}
      <ul className={styles.cardList} style={{ height: virtual.getTotalSize() }} aria-label={label(list.object.plural)}>
        {items.map(({ index, start }) => {
          const row = rows[index];
          if (!row) return null;
          const title = titleOf(list.object, row);
          return (
            <li key={row.id} style={{ transform: `translateY(${start}px)`, height: CARD }}>
              <Link to="/o/$object/$id" params={{ object: list.object.name, id: row.id }} className={styles.card}>
                <Avatar name={title} id={row.id} size={36} square={list.columns[0]?.field.type !== "person"} />
                <span className={styles.cardText}>
                  <b className="ellipsis">{title || t("list.untitled")}</b>
                  <span className={styles.cardMeta}>
                    {filled(others, row).map((column) => (
                      <Value key={column.path} column={column} row={row} />
                    ))}
                  </span>
                </span>
                {figure && !isEmpty(row[figure.path]) && (
                  <span className={styles.cardFigure}>
                    <Value column={figure} row={row} />
                  </span>
                )}
              </Link>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

const filled = (columns: Column[], row: RecordData): Column[] =>
  columns.filter(({ path }) => !isEmpty(row[path])).slice(0, 2);

/** The card is one link: what would be a link inside it is plain text. */
function Value({ column: { path, field }, row }: { column: Column; row: RecordData }) {
  const context = useFormatContext();
  const { Cell, align, format } = twin(field.type);
  const quiet = align === "right" || field.options.length > 0 || field.type === "stage";
  return quiet ? (
    <Cell field={field} value={row[path]} record={row} />
  ) : (
    <span>{format(row[path], field, context)}</span>
  );
}
