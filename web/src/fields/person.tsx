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

const Input = (props: InputProps) => (
  <LineInput
    {...props}
    value={typeof props.value === "string" ? props.value : format(props.value, props.field, null as never)}
  />
);

export default {
  Cell: wordsCell(format),
  Input,
  Filter: inputFilter(LineInput),
  format,
  read: (text) => text.trim() || null,
  width: 140,
  defaultOp: "contains",
} satisfies Twin;
