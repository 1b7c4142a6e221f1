import { NumberEntry, numberTwin } from "./NumberEntry";
import { asNumber, asText, type Twin } from "./twin";

const format: Twin["format"] = (value, field, ctx) => {
  const n = asNumber(value);
  if (n === null) return asText(value);
  const { scale } = field.config;
  return ctx.f.number(typeof scale === "number" ? Number(n.toFixed(scale)) : n);
};

export default { ...numberTwin(format, NumberEntry), total: "sum" } satisfies Twin;
