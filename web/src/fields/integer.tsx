import { memo } from "react";
import type { Field } from "../schema/catalog";
import { Meter } from "../ui";
import { wordsCell } from "./Entry";
import { NumberEntry, numberTwin, readInteger } from "./NumberEntry";
import { asNumber, asText, type CellProps, type InputProps, type Twin, useFormatContext } from "./twin";

/** Four digits and never more: a year, which nobody writes with a separator. */
const isYear = ({ config }: Field): boolean => Number(config.min) >= 1000 && Number(config.max) <= 9999;

/** Points out of a hundred. */
const isScore = ({ config }: Field): boolean => config.min === 0 && config.max === 100;

const format: Twin["format"] = (value, field, ctx) => {
  const n = asNumber(value);
  if (n === null) return asText(value);
  return isYear(field) ? String(n) : ctx.f.number(n);
};

const Words = wordsCell(format);

/** Points out of a hundred have a bar, so that a column of them is compared at a glance. */
const Cell = memo(function Cell(props: CellProps) {
  const ctx = useFormatContext();
  const n = asNumber(props.value);
  return n !== null && isScore(props.field) ? (
    <Meter value={n} text={format(n, props.field, ctx)} />
  ) : (
    <Words {...props} />
  );
});

const Input = (props: InputProps) => <NumberEntry {...props} whole />;

export default {
  ...numberTwin(format, Input),
  Cell,
  drawn: isScore,
  read: readInteger,
  width: 100,
} satisfies Twin;
