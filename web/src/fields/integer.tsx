import type { Field } from "../schema/catalog";
import { inputFilter } from "./conditions";
import { numberHint, printNumber, step } from "./decimal";
import { Entry, wordsCell } from "./Entry";
import { readNumber } from "./numbers";
import { asNumber, asText, type InputProps, type Twin } from "./twin";

/** Four digits and never more: a year, which nobody writes with a separator. */
const isYear = ({ config }: Field): boolean => Number(config.min) >= 1000 && Number(config.max) <= 9999;

const format: Twin["format"] = (value, field, ctx) => {
  const n = asNumber(value);
  if (n === null) return asText(value);
  return isYear(field) ? String(n) : ctx.f.number(n);
};

const read = (text: string): unknown => {
  const n = readNumber(text);
  return n !== null && Number.isInteger(n) ? n : undefined;
};

function Input(props: InputProps) {
  return (
    <Entry
      {...props}
      print={printNumber}
      read={read}
      hint={numberHint}
      unread={(ctx) => ctx.t("fields.unread.integer")}
      inputMode="numeric"
      onArrow={step}
    />
  );
}

export default {
  Cell: wordsCell(format),
  Input,
  Filter: inputFilter(Input, (text) => readNumber(text) ?? text),
  format,
  figure: (value, _field, ctx) => ctx.f.short(asNumber(value) ?? 0),
  read,
  align: "right",
  width: 100,
  defaultOp: "gte",
} satisfies Twin;
