/** What the number types share: an input that understands 3.5万, arrow keys that step, figures on the right. */
import type { ReactNode } from "react";
import type { Key } from "../i18n";
import { inputFilter } from "./conditions";
import { Entry, wordsCell } from "./Entry";
import { readNumber } from "./numbers";
import { asNumber, asText, type FormatContext, type InputProps, type Twin, type Values } from "./twin";

export const readDecimal = (text: string): unknown => readNumber(text) ?? undefined;

export function readInteger(text: string): unknown {
  const n = readNumber(text);
  return n !== null && Number.isInteger(n) ? n : undefined;
}

/** How a number stands in an input: as it would be typed, with separators where digits would have to be counted. */
function print(value: unknown, ctx: FormatContext): string {
  const n = asNumber(value);
  return n === null ? asText(value) : Math.abs(n) < 10_000 ? String(n) : ctx.f.number(n);
}

/** Under the input: the number in digits, when it was typed with a unit or without separators. */
function hint(value: unknown, typed: string, ctx: FormatContext, unit: string): string | null {
  const n = asNumber(value);
  if (n === null) return null;
  const said = ctx.f.number(n);
  return said === typed.trim() || (String(n) === typed.trim() && Math.abs(n) < 10_000) ? null : `= ${said}${unit}`;
}

/** Arrow keys step a number by one. */
function step(by: 1 | -1, typed: string): unknown {
  const n = readNumber(typed);
  return n === null ? undefined : Number((n + by).toFixed(10));
}

interface NumberEntryProps extends InputProps {
  whole?: boolean;
  /** Stands in the input: %. */
  suffix?: ReactNode;
  /** Follows the number that is said under the input: 元. */
  unit?: string;
  also?: (text: string, ctx: FormatContext) => Values | undefined;
}

export function NumberEntry({ whole, suffix, unit = "", ...props }: NumberEntryProps) {
  const unread: Key = whole ? "fields.unread.integer" : "fields.unread.number";
  return (
    <Entry
      {...props}
      print={print}
      read={whole ? readInteger : readDecimal}
      hint={(value, typed, ctx) => hint(value, typed, ctx, unit)}
      unread={(ctx) => ctx.t(unread)}
      inputMode={whole ? "numeric" : "decimal"}
      suffix={suffix}
      onArrow={step}
    />
  );
}

/** A number's twin but for what sets its type apart. */
export function numberTwin(format: Twin["format"], Input: Twin["Input"]) {
  return {
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
}
