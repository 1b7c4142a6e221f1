import { inputFilter } from "./conditions";
import { LineInput, wordsCell } from "./Entry";
import { asText, type InputProps, type Twin } from "./twin";

const format: Twin["format"] = (value) => asText(value);

function Input(props: InputProps) {
  const max = Number(props.field.config.max);
  return <LineInput {...props} maxLength={Number.isFinite(max) && max > 0 ? max : 255} />;
}

export default {
  Cell: wordsCell(format),
  Input,
  Filter: inputFilter(Input),
  format,
  read: (text) => text.trim() || null,
  width: 180,
  defaultOp: "contains",
} satisfies Twin;
