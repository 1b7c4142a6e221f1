import { memo } from "react";
import { DateEntry, dateFilter, macroWords, readDateTime } from "./DateEntry";
import { Ago, Dash, tellsAgo } from "./Entry";
import { asText, type CellProps, type InputProps, type Twin, useFormatContext } from "./twin";

const isMoment = (text: string): boolean => /^\d{4}-\d{2}-\d{2}T/.test(text) && !Number.isNaN(Date.parse(text));

const format: Twin["format"] = (value, _field, ctx) => {
  const text = asText(value);
  return macroWords(value, ctx) ?? (isMoment(text) ? ctx.f.datetime(text) : text);
};

const NEAR: Record<number, "fields.macro.today" | "fields.macro.yesterday" | "fields.macro.tomorrow"> = {
  0: "fields.macro.today",
  [-1]: "fields.macro.yesterday",
  1: "fields.macro.tomorrow",
};

/** The days around now go by their names. */
const Show = memo(function Show({ value }: CellProps) {
  const ctx = useFormatContext();
  const text = asText(value);
  if (!isMoment(text)) return text ? <span>{text}</span> : <Dash />;
  const near = NEAR[ctx.f.daysFromToday(text)];
  return <span title={ctx.f.datetime(text)}>{near ? `${ctx.t(near)} ${ctx.f.time(text)}` : ctx.f.datetime(text)}</span>;
});

const Cell = memo(function Cell(props: CellProps) {
  const ctx = useFormatContext();
  const text = asText(props.value);
  if (!tellsAgo(props.field) || !isMoment(text)) return <Show {...props} />;
  return <Ago day={text} said={ctx.f.datetime(text)} />;
});

const Input = (props: InputProps) => <DateEntry {...props} time />;

export default {
  Cell,
  Show,
  drawn: tellsAgo,
  Input,
  Filter: dateFilter(true),
  format,
  read: (text, _field, ctx) => readDateTime(text, ctx),
  width: 150,
  clock: true,
  defaultOp: "within",
} satisfies Twin;
