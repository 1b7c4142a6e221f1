import { inputFilter } from "./conditions";
import { Entry, wordsCell } from "./Entry";
import { readNumber } from "./numbers";
import { asNumber, asText, type FormatContext, type InputProps, type Twin } from "./twin";

const decimals = (scale: unknown): number | undefined => (typeof scale === "number" ? scale : undefined);

const format: Twin["format"] = (value, field, ctx) => {
  const n = asNumber(value);
  if (n === null) return asText(value);
  const scale = decimals(field.config.scale);
  return ctx.f.number(scale === undefined ? n : Number(n.toFixed(scale)));
};

/** How a number stands in an input: as it would be typed. */
export const printNumber = (value: unknown): string => (asNumber(value) === null ? asText(value) : String(value));

/** Under the input: the number in digits, when it was typed with a unit or without separators. */
export function numberHint(value: unknown, typed: string, ctx: FormatContext, unit = ""): string | null {
  const n = asNumber(value);
  if (n === null) return null;
  const said = ctx.f.number(n);
  return said === typed.trim() || (String(n) === typed.trim() && Math.abs(n) < 10_000) ? null : `= ${said}${unit}`;
}

export const readDecimal = (text: string): unknown => readNumber(text) ?? undefined;

/** Arrow keys step a number by one. */
export const step = (by: 1 | -1, typed: string): unknown => {
  const n = readNumber(typed);
  return n === null ? undefined : Number((n + by).toFixed(10));
};

export function Input(props: InputProps) {
  return (
    <Entry
      {...props}
      print={printNumber}
      read={readDecimal}
      hint={numberHint}
      unread={(ctx) => ctx.t("fields.unread.number")}
      inputMode="decimal"
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
  read: readDecimal,
  align: "right",
  width: 110,
  defaultOp: "gte",
} satisfies Twin;
