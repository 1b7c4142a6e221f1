import { memo } from "react";
import { inputFilter } from "./conditions";
import { Dash, LineInput } from "./Entry";
import { asText, type CellProps, type InputProps, type Twin } from "./twin";

const format: Twin["format"] = (value) => asText(value);

const Cell = memo(function Cell({ value }: CellProps) {
  return value ? <span className="mono">{asText(value)}</span> : <Dash />;
});

const Input = (props: InputProps) => <LineInput {...props} disabled />;

export default { Cell, Input, Filter: inputFilter(LineInput), format, width: 280, defaultOp: "eq" } satisfies Twin;
