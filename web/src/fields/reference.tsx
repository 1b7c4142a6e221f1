import { memo } from "react";
import { ReferencePicker } from "../records/ReferencePicker";
import { EmptyFilter } from "./conditions";
import { Dash } from "./Entry";
import { asRef, RefLink, refWords } from "./Ref";
import { type CellProps, type FilterProps, type InputProps, type Twin, useFormatContext } from "./twin";

const format: Twin["format"] = (value, _field, ctx) => refWords(value, null, ctx);

const Cell = memo(function Cell({ value }: CellProps) {
  const ref = asRef(value);
  return ref ? <RefLink object={ref.object ?? null} value={ref} quiet /> : <Dash />;
});

const Show = memo(function Show({ value }: CellProps) {
  const ref = asRef(value);
  return ref ? <RefLink object={ref.object ?? null} value={ref} /> : <Dash />;
});

const Input = ({ value, ...rest }: InputProps) => <ReferencePicker {...rest} value={asRef(value)} />;

function Filter({ op, value, onChange, autoFocus }: FilterProps) {
  const ctx = useFormatContext();
  if (op === "is_empty") return <EmptyFilter value={value} onChange={onChange} />;
  return (
    <ReferencePicker value={asRef(value)} onChange={onChange} autoFocus={autoFocus} label={ctx.t("fields.value")} />
  );
}

export default {
  Cell,
  Show,
  Input,
  Filter,
  format,
  write: (value) => {
    const ref = asRef(value);
    return ref ? { object: ref.object, id: ref.id } : null;
  },
  width: 180,
  defaultOp: "eq",
} satisfies Twin;
