import { inputFilter } from "./conditions";
import { LineInput, wordsCell } from "./Entry";
import { asText, type InputProps, type Twin } from "./twin";

/** The name as it is said; its parts are companions that the server works out. */
const format: Twin["format"] = (value) => {
  if (value !== null && typeof value === "object") {
    const { full, family, given } = value as Record<string, unknown>;
    return asText(full) || [asText(family), asText(given)].join("");
  }
  return asText(value);
};

/** 姓 欧阳 · 名 娜娜 · 称呼 女士; nothing where the name is one word. */
const told: Twin["told"] = (_value, parts, ctx) => {
  const at = (part: string): string => {
    const name = Object.keys(parts).find((one) => one.endsWith(`_${part}`));
    return name ? asText(parts[name]) : "";
  };
  const known = (["family", "given", "salutation"] as const).filter((part) => at(part));
  return known.length < 2 ? "" : known.map((part) => `${ctx.t(`fields.person.${part}`)} ${at(part)}`).join(" · ");
};

const Input = (props: InputProps) => (
  <LineInput
    {...props}
    value={typeof props.value === "string" ? props.value : format(props.value, props.field, null as never)}
  />
);

export default {
  Cell: wordsCell(format),
  told,
  Input,
  Filter: inputFilter(LineInput),
  format,
  read: (text) => text.trim() || null,
  width: 120,
  defaultOp: "contains",
} satisfies Twin;
