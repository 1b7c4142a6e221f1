import { memo } from "react";
import { Picker } from "../records/Picker";
import { Dash } from "./Entry";
import { asRef, RefLink, refFilter, refWords } from "./Ref";
import type { CellProps, InputProps, Twin } from "./twin";

const format: Twin["format"] = (value, field, ctx) => refWords(value, field.target, ctx);

const Cell = memo(function Cell({ field, value }: CellProps) {
  const ref = asRef(value);
  return ref ? <RefLink object={field.target} value={ref} quiet /> : <Dash />;
});

const Show = memo(function Show({ field, value }: CellProps) {
  const ref = asRef(value);
  return ref ? <RefLink object={field.target} value={ref} /> : <Dash />;
});

function Input({ field, value, onChange, onCommit, ...rest }: InputProps) {
  const ref = asRef(value);
  return (
    <Picker
      {...rest}
      object={field.target ?? ""}
      value={ref ? [ref] : []}
      clear={!field.required}
      filter={field.config.offers}
      onChange={(refs) => onChange(refs[0] ?? null)}
      onCommit={onCommit && ((refs) => onCommit(refs[0] ?? null))}
    />
  );
}

export default {
  Cell,
  Show,
  Input,
  Filter: refFilter(),
  format,
  write: (value) => asRef(value)?.id ?? null,
  width: 180,
  defaultOp: "in",
} satisfies Twin;
