/** What becomes of pasted cells, before any of them is written: what stands there, what will, and what is refused, with the reason. */
import { ArrowRight, CircleAlert } from "lucide-react";
import { twin } from "../fields";
import { asList } from "../fields/twin";
import { useLabel, useNouns, useT } from "../i18n";
import { fieldIn, type ObjectDef, type RecordData, titleOf } from "../schema/catalog";
import { same } from "../schema/filter";
import { cx } from "../ui";
import { Modal } from "../ui/antd";
import type { Column } from "./columns";
import styles from "./PastePreview.module.css";
import type { Fault, Operation } from "./paste";

export interface Tried {
  columns: Column[];
  rows: RecordData[];
  /** What will be written: all but what was refused. */
  operations: Operation[];
  /** By id, the records as they would be. */
  after: ReadonlyMap<string, RecordData>;
  faults: Fault[];
}

/** So many rows are shown: whoever pastes more has seen what they are like. */
const SHOWN = 100;

interface PastePreviewProps {
  object: ObjectDef;
  tried: Tried;
  onClose: () => void;
  onWrite: () => void;
}

export default function PastePreview({ object, tried, onClose, onWrite }: PastePreviewProps) {
  const t = useT();
  const label = useLabel();
  const { one, many } = useNouns(object);
  const { columns, rows, operations, after, faults } = tried;
  const cannot = faults.filter(({ id }) => id).length;
  const written = new Map(operations.map(({ id, values }) => [id, values]));
  const cells = rows.flatMap((row) =>
    columns.map(({ path }) => Boolean(written.get(row.id) && path in (written.get(row.id) ?? {}) && !kept(row, path))),
  );
  function kept(row: RecordData, path: string): boolean {
    const then = after.get(row.id);
    return then !== undefined && same(then[path] ?? null, row[path] ?? null);
  }
  const n = cells.filter(Boolean).length;
  return (
    <Modal
      open
      width={Math.min(window.innerWidth - 64, 460 + 210 * columns.length)}
      title={t("list.paste.title")}
      okText={t("list.paste.write", { n })}
      // Whoever has pasted goes on with Enter.
      okButtonProps={{ disabled: n === 0, autoFocus: true }}
      cancelText={t("list.paste.leave")}
      onOk={onWrite}
      onCancel={onClose}
    >
      <p className={styles.said}>
        {[
          t("list.paste.changes", { n, rows: written.size, objects: written.size === 1 ? one : many }),
          cannot > 0 && t("list.paste.refused", { n: cannot }),
          ...faults.filter(({ id }) => !id).map(({ text }) => text),
        ]
          .filter(Boolean)
          .join(t("list.paste.and"))}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className={styles.box} tabIndex={0} aria-label={t("list.paste.title")}>
        <table aria-label={t("list.paste.title")}>
          <thead>
            <tr>
              <th scope="col">{label(object.label, object.name)}</th>
              {columns.map(({ path, field }) => (
                <th key={path} scope="col" data-align={twin(field).align}>
                  {label(field.label, path)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, SHOWN).map((row) => (
              <tr key={row.id}>
                <th scope="row" title={titleOf(object, row)}>
                  {titleOf(object, row) || t("list.untitled")}
                </th>
                {columns.map((column) => {
                  const { path } = column;
                  const field = path.includes(".") ? column.field : fieldIn(object, column.field, row);
                  const { Cell, align } = twin(field);
                  const fault = faults.find((one) => one.id === row.id && (one.path === path || one.path === ""));
                  const then = after.get(row.id);
                  const changes = !fault && path in (written.get(row.id) ?? {}) && !kept(row, path);
                  return (
                    <td key={path} data-align={align} className={cx(!changes && styles.same)}>
                      <div className={styles.cell}>
                        <span>
                          <Cell field={field} value={row[path]} record={row} />
                        </span>
                        {changes && (
                          <>
                            <ArrowRight role="img" aria-label={t("list.paste.becomes")} />
                            <b>
                              {then ? (
                                <Cell field={field} value={then[path]} record={then} />
                              ) : (
                                <Meant value={written.get(row.id)?.[path]} column={{ path, field }} record={row} />
                              )}
                            </b>
                          </>
                        )}
                      </div>
                      {fault && (
                        <small>
                          <CircleAlert aria-hidden />
                          {fault.text}
                        </small>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {rows.length > SHOWN && <p className={styles.said}>{t("list.paste.more", { n: rows.length - SHOWN })}</p>}
    </Modal>
  );
}

/** What is to be written into a record of which something else was refused: nobody has read it back. */
function Meant({ value, column, record }: { value: unknown; column: Column; record: RecordData }) {
  const { Cell } = twin(column.field);
  const named = asList(value).map((one) =>
    one && typeof one === "object" && "match" in one ? Object.values(one.match as object).join() : undefined,
  );
  if (named.length && named.every((one) => one !== undefined)) return named.join(", ");
  return <Cell field={column.field} value={value} record={record} />;
}
