/** The cursor of a table and its range: where it stands, what is copied, pasted and emptied there. */
import { useQueryClient } from "@tanstack/react-query";
import { type ClipboardEvent, Suspense, useEffect, useRef, useState } from "react";
import { api } from "../api/client";
import { touchRecords } from "../api/queries";
import { useUndo } from "../api/writes";
import { twin, useFormatContext } from "../fields";
import { useLabel, useT } from "../i18n";
import { part } from "../renew";
import { type RecordData, titleOf } from "../schema/catalog";
import { useRefusal, useToast } from "../ui";
import { Modal } from "../ui/antd";
import type { List } from "./list";
import styles from "./list.module.css";
import type { Tried } from "./PastePreview";
import { type Fault, type Operation, plan, printCells, type Result, readCells, refusals, without } from "./paste";
import type { Rows } from "./rows";

export interface Spot {
  line: number;
  col: number;
}

/** The cells between two. */
export interface Range {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

const PastePreview = part(() => import("./PastePreview"));

/** Rows that are changed at once by pasting. */
const MOST = 1000;
/** So many cells are written as they are pasted; of more it is shown first what becomes of them. */
const HANDFUL = 6;

export function useCells({ list, rows, onMove }: { list: List; rows: Rows; onMove: (line: number) => void }) {
  const t = useT();
  const ctx = useFormatContext();
  const label = useLabel();
  const toast = useToast();
  const refuse = useRefusal();
  const undo = useUndo();
  const client = useQueryClient();
  const [cursor, setCursor] = useState<Spot | null>(null);
  const [end, setEnd] = useState<Spot | null>(null);
  const [faults, setFaults] = useState<Fault[] | null>(null);
  const [tried, setTried] = useState<Tried | null>(null);
  const last = useRef<number>(undefined);
  const { object, columns, filter, sort, q, moment, archived } = list;

  // Other records stand in these places now.
  const scope = JSON.stringify([filter, sort, q, list.view.name, list.group?.path, moment, archived]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the scope decides
  useEffect(() => {
    setCursor(null);
    setEnd(null);
  }, [scope]);

  const range: Range | null =
    cursor && end
      ? {
          top: Math.min(cursor.line, end.line),
          bottom: Math.max(cursor.line, end.line),
          left: Math.min(cursor.col, end.col),
          right: Math.max(cursor.col, end.col),
        }
      : null;
  const box = range ?? (cursor && { top: cursor.line, bottom: cursor.line, left: cursor.col, right: cursor.col });

  const send = async (operations: Operation[], dry: boolean) =>
    await api.post<{ results: Result[] }>(`/records/${object.name}/batch`, {
      operations,
      atomic: false,
      ...(dry && { dry_run: true }),
    });
  const refused = (operations: Operation[], results: Result[], found: RecordData[]) =>
    refusals(
      operations,
      results,
      (field) => label(object.fields.find((one) => one.name === field)?.label, field),
      (id) => titleOf(object, found.find((row) => row.id === id) ?? {}),
    );

  /** One change set of what the texts say; what they do not say is told row by row. */
  const write = async (operations: Operation[], found: RecordData[], unread: Fault[]) => {
    if (!operations.length) return setFaults(unread.length ? unread : null);
    try {
      const { data, changeSet } = await send(operations, false);
      await touchRecords(client);
      const all = [...unread, ...refused(operations, data.results, found)];
      const n = data.results.filter((result) => result.status < 300).length;
      if (n)
        toast({
          text: t("list.paste.done", { n }),
          undo: changeSet ? () => undo(changeSet) : undefined,
          tone: all.length ? "warn" : "ok",
        });
      setFaults(all.length ? all : null);
    } catch (reason) {
      refuse(reason);
    }
  };

  /** `shown`: many cells are tried first, and what would become of them is shown. */
  const put = async (top: number, bottom: number, left: number, cells: string[][], width: number, shown: boolean) => {
    const found = await rows.between(top, Math.min(bottom, top + MOST - 1));
    const over = columns.slice(left, left + width);
    const { operations, faults } = plan(object, found, over, cells, ctx, (row) => titleOf(object, row));
    const unread = [...beyond(cells, found.length, over.length), ...faults];
    if (!shown || found.length * over.length <= HANDFUL || !operations.length) return write(operations, found, unread);
    try {
      const { data } = await send(operations, true);
      const all = [...unread, ...refused(operations, data.results, found)];
      setTried({
        columns: over,
        rows: found,
        operations: without(operations, all),
        after: new Map(data.results.flatMap(({ record }) => (record ? [[record.id, record]] : []))),
        faults: all,
      });
    } catch (reason) {
      refuse(reason);
    }
  };

  /** What of the texts comes to stand under the last row, or beside the last column. */
  const beyond = (cells: string[][], down: number, across: number): Fault[] =>
    (
      [
        ["list.paste.under", cells.length - down],
        ["list.paste.beside", (cells[0]?.length ?? 0) - across],
      ] as const
    ).flatMap(([key, n]) => (n > 0 ? [{ id: "", path: "", title: "", field: "", text: t(key, { n }) }] : []));

  return {
    cursor,
    end,
    range,
    /** `still`: without coming into sight. */
    go: (next: Spot, extend = false, still = false) => {
      if (extend && cursor) setEnd(next);
      else {
        setCursor({ line: next.line, col: next.col });
        setEnd(null);
      }
      if (!still) onMove(next.line);
    },
    /** Whoever was nowhere is at its beginning. */
    enter: () => setCursor((now) => now ?? { line: 0, col: 0 }),
    /** Where a range of chosen rows begins; the row touched is where the next one does. */
    anchor: (line: number): number | undefined => {
      const before = last.current;
      last.current = line;
      return before;
    },
    empty: () => box && put(box.top, box.bottom, box.left, [[""]], box.right - box.left + 1, false),
    onCopy: (event: ClipboardEvent) => {
      if (event.target !== event.currentTarget || !box || String(getSelection())) return;
      const lines = Array.from({ length: box.bottom - box.top + 1 }, (_, at) => rows.line(box.top + at).row);
      const shown = columns.slice(box.left, box.right + 1);
      event.clipboardData.setData(
        "text/plain",
        printCells(
          lines.flatMap((row) =>
            row ? [shown.map(({ path, field }) => twin(field).format(row[path], field, ctx))] : [],
          ),
        ),
      );
      event.preventDefault();
      toast({ text: t("list.copied", { n: lines.length * shown.length }) });
    },
    onPaste: (event: ClipboardEvent) => {
      if (event.target !== event.currentTarget || !box || !object.can.update) return;
      const cells = readCells(event.clipboardData.getData("text/plain"));
      event.preventDefault();
      const width = Math.max(cells[0]?.length ?? 1, box.right - box.left + 1);
      const height = Math.max(cells.length, box.bottom - box.top + 1);
      void put(box.top, box.top + height - 1, box.left, cells, width, true);
    },
    dialog: tried ? (
      <Suspense>
        <PastePreview
          object={object}
          tried={tried}
          onClose={() => setTried(null)}
          onWrite={() => {
            setTried(null);
            void write(tried.operations, tried.rows, []);
          }}
        />
      </Suspense>
    ) : (
      faults && (
        <Modal
          open
          title={faults.some(({ id }) => id) ? t("list.paste.faults", { n: faults.length }) : t("list.paste.part")}
          footer={null}
          onCancel={() => setFaults(null)}
        >
          <ul className={styles.faults}>
            {faults.slice(0, 200).map((fault, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a fault has no identity
              <li key={at}>
                <b>{fault.title}</b> {fault.field} <span>{fault.text}</span>
              </li>
            ))}
          </ul>
        </Modal>
      )
    ),
  };
}
