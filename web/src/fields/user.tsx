import { memo } from "react";
import { Picker } from "../records/Picker";
import { Avatar } from "../ui";
import { Dash } from "./Entry";
import styles from "./fields.module.css";
import { asRef, refFilter, refWords } from "./Ref";
import { type CellProps, type InputProps, type Twin, useFormatContext } from "./twin";

const format: Twin["format"] = (value, _field, ctx) => refWords(value, "user", ctx);

const Cell = memo(function Cell({ value }: CellProps) {
  const words = refWords(value, "user", useFormatContext());
  const ref = asRef(value);
  if (!ref) return <Dash />;
  return (
    <span className={styles.person}>
      <Avatar name={words} id={ref.id} size={22} />
      <span>{words}</span>
    </span>
  );
});

function Input({ field, value, onChange, onCommit, ...rest }: InputProps) {
  const ctx = useFormatContext();
  const ref = asRef(value);
  const shown = ref ? [ref.id === "$me" ? { id: ctx.catalog.me.id, title: ctx.catalog.me.name } : ref] : [];
  return (
    <Picker
      {...rest}
      object="user"
      value={shown.map((one) => ({ ...one, title: refWords(one, "user", ctx) }))}
      clear={!field.required}
      onChange={(refs) => onChange(refs[0] ?? null)}
      onCommit={onCommit && ((refs) => onCommit(refs[0] ?? null))}
    />
  );
}

const Filter = refFilter((ctx) => [
  { id: "$me", title: ctx.t("fields.me") },
  { id: "$my_team", title: ctx.t("fields.team") },
]);

export default {
  Cell,
  Input,
  Filter: (props) => <Filter {...props} field={{ ...props.field, target: props.field.target ?? "user" }} />,
  format,
  write: (value) => asRef(value)?.id ?? null,
  width: 150,
  defaultOp: "eq",
} satisfies Twin;
