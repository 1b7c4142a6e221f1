import { inputFilter } from "./conditions";
import { LineInput, wordsCell } from "./Entry";
import { asText, type InputProps, type Twin } from "./twin";

const format: Twin["format"] = (value) => asText(value);

/** The server counts: there is nothing to type. */
const Input = (props: InputProps) => <LineInput {...props} disabled />;

export default {
  Cell: wordsCell(format),
  Input,
  Filter: inputFilter(LineInput),
  format,
  width: 120,
  defaultOp: "starts_with",
} satisfies Twin;
