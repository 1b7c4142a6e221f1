import { DateEntry, dateFilter, macroWords, readDate } from "./DateEntry";
import { parseIsoDay } from "./dates";
import { wordsCell } from "./Entry";
import { asText, type Twin } from "./twin";

const format: Twin["format"] = (value, _field, ctx) => {
  const text = asText(value);
  return macroWords(value, ctx) ?? (parseIsoDay(text) ? ctx.f.day(text) : text);
};

export default {
  Cell: wordsCell(format),
  Input: DateEntry,
  Filter: dateFilter(false),
  format,
  read: (text, _field, ctx) => readDate(text, ctx),
  width: 120,
  defaultOp: "within",
} satisfies Twin;
