/** Cells to and from a spreadsheet: tabs between columns, lines between rows, quotes around what holds either. */
import { type FormatContext, twin } from "../fields";
import { isEmpty } from "../fields/twin";
import type { ObjectDef, RecordData } from "../schema/catalog";
import type { Column } from "./columns";
import { isEditable } from "./list";

/** The cells of a copied text. */
export function readCells(text: string): string[][] {
  const rows: string[][] = [[]];
  let cell = "";
  let quoted = false;
  const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  for (let at = 0; at < source.length; at++) {
    const c = source[at];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (source[at + 1] === '"') cell += source[++at];
      else quoted = false;
    } else if (c === '"' && cell === "") quoted = true;
    else if (c === "\t" || c === "\n") {
      rows.at(-1)?.push(cell);
      cell = "";
      if (c === "\n") rows.push([]);
    } else cell += c;
  }
  rows.at(-1)?.push(cell);
  return rows;
}

export const printCells = (rows: string[][]): string =>
  rows
    .map((row) => row.map((cell) => (/["\t\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join("\t"))
    .join("\n");

export interface Fault {
  id: string;
  path: string;
  title: string;
  field: string;
  text: string;
}

export interface Operation {
  op: "update";
  id: string;
  values: Record<string, unknown>;
}

/** The form in which a text is written into a field; undefined where it means nothing. */
function meant(text: string, { field }: Column, ctx: FormatContext): unknown {
  if (text.trim() === "") return null;
  const { read } = twin(field);
  if (read) return read(text, field, ctx);
  const target = ctx.catalog.object(field.target);
  const many = ctx.catalog.types.find((type) => type.name === field.type)?.many;
  if (!target) return many ? text.split(/[,，、;；]/).map((part) => part.trim()) : text;
  const match = (part: string) => ({ match: { [target.title]: part.trim() } });
  return many ? text.split(/[,，、;；]/).map(match) : match(text);
}

/** What a rectangle of texts changes, row by row, and what of it cannot be understood. */
export function plan(
  object: ObjectDef,
  rows: RecordData[],
  columns: Column[],
  cells: string[][],
  ctx: FormatContext,
  titleOf: (row: RecordData) => string,
): { operations: Operation[]; faults: Fault[] } {
  const operations: Operation[] = [];
  const faults: Fault[] = [];
  for (const [at, row] of rows.entries()) {
    const values: Record<string, unknown> = {};
    for (const [col, column] of columns.entries()) {
      const text = cells[at % cells.length]?.[col % (cells[0]?.length ?? 1)];
      if (text === undefined) continue;
      const name = ctx.label(column.field.label, column.path);
      const value = isEditable(object, column) ? meant(text, column, ctx) : undefined;
      if (value === undefined) {
        const key = isEditable(object, column) ? "list.paste.unread" : "list.paste.fixed";
        faults.push({ id: row.id, path: column.path, title: titleOf(row), field: name, text: ctx.t(key, { text }) });
      } else if (!(value === null && isEmpty(row[column.path])))
        Object.assign(values, { [column.path]: value }, twin(column.field).also?.(text, column.field, ctx));
    }
    if (Object.keys(values).length) operations.push({ op: "update", id: row.id, values });
  }
  return { operations, faults };
}

export interface Result {
  status: number;
  errors?: { field: string | null; message: string }[];
  record?: RecordData;
}

/** What the server does not take of them, by record and field; without a field it is the whole record. */
export const refusals = (
  operations: Operation[],
  results: Result[],
  nameOf: (field: string) => string,
  titleOf: (id: string) => string,
): Fault[] =>
  results.flatMap((result, at) =>
    (result.errors ?? []).map(({ field, message }) => {
      const id = operations[at]?.id ?? "";
      return { id, path: field ?? "", title: titleOf(id), field: field ? nameOf(field) : "", text: message };
    }),
  );

/** The operations without what was refused. */
export const without = (operations: Operation[], faults: Fault[]): Operation[] =>
  operations.flatMap((one) => {
    const bad = new Set(faults.filter(({ id }) => id === one.id).map(({ path }) => path));
    const kept = Object.entries(one.values).filter(([name]) => !bad.has(name));
    return bad.has("") || !kept.length ? [] : [{ ...one, values: Object.fromEntries(kept) }];
  });
