import { NumberEntry, numberTwin } from "./NumberEntry";
import { asNumber, asText, type InputProps, type Twin } from "./twin";

const format: Twin["format"] = (value, _field, ctx) => {
  const n = asNumber(value);
  return n === null ? asText(value) : ctx.f.percent(n);
};

/** 0 to 100; a percent sign may be typed and changes nothing. */
const Input = (props: InputProps) => <NumberEntry {...props} suffix="%" />;

export default {
  ...numberTwin(format, Input),
  figure: (value, _field, ctx) => ({ text: ctx.f.number(asNumber(value) ?? 0), unit: "%" }),
  total: "avg",
  width: 90,
} satisfies Twin;
