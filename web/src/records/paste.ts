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
        faults.push({ title: titleOf(row), field: name, text: ctx.t(key, { text }) });
      } else if (!(value === null && isEmpty(row[column.path]))) values[column.path] = value;
    }
    if (Object.keys(values).length) operations.push({ op: "update", id: row.id, values });
  }
  return { operations, faults };
}
