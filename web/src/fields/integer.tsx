import type { Field } from "../schema/catalog";
import { NumberEntry, numberTwin, readInteger } from "./NumberEntry";
import { asNumber, asText, type InputProps, type Twin } from "./twin";

/** Four digits and never more: a year, which nobody writes with a separator. */
const isYear = ({ config }: Field): boolean => Number(config.min) >= 1000 && Number(config.max) <= 9999;

const format: Twin["format"] = (value, field, ctx) => {
  const n = asNumber(value);
  if (n === null) return asText(value);
  return isYear(field) ? String(n) : ctx.f.number(n);
};

const Input = (props: InputProps) => <NumberEntry {...props} whole />;

export default { ...numberTwin(format, Input), read: readInteger, width: 100 } satisfies Twin;
