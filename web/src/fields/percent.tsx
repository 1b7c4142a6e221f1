import { inputFilter } from "./conditions";
import { printNumber, readDecimal, step } from "./decimal";
import { Entry, wordsCell } from "./Entry";
import { readNumber } from "./numbers";
import { asNumber, asText, type InputProps, type Twin } from "./twin";

const format: Twin["format"] = (value, _field, ctx) => {
  const n = asNumber(value);
  return n === null ? asText(value) : ctx.f.percent(n);
};

/** 0 to 100; a percent sign may be typed and changes nothing. */
function Input(props: InputProps) {
  return (
    <Entry
      {...props}
      print={printNumber}
      read={readDecimal}
      unread={(ctx) => ctx.t("fields.unread.number")}
      inputMode="decimal"
      suffix="%"
      onArrow={step}
    />
  );
}

export default {
  Cell: wordsCell(format),
  Input,
  Filter: inputFilter(Input, (text) => readNumber(text) ?? text),
  format,
  figure: (value, _field, ctx) => ({ text: ctx.f.number(asNumber(value) ?? 0), unit: "%" }),
  read: readDecimal,
  align: "right",
  width: 90,
  defaultOp: "gte",
} satisfies Twin;
