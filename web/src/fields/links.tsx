import { Fragment, memo } from "react";
import { Picker } from "../records/Picker";
import type { Ref } from "../schema/catalog";
import { Dash } from "./Entry";
import styles from "./fields.module.css";
import { asRef, RefLink, refFilter, refWords } from "./Ref";
import { asList, type CellProps, type InputProps, type Twin, useFormatContext } from "./twin";

const refs = (value: unknown): Ref[] =>
  asList(value)
    .map(asRef)
    .filter((ref): ref is Ref => ref !== null);

const format: Twin["format"] = (value, field, ctx) =>
  refs(value)
    .map((ref) => refWords(ref, field.target, ctx))
    .join(ctx.language === "zh" ? "、" : ", ");

const Cell = memo(function Cell({ field, value }: CellProps) {
  const words = format(value, field, useFormatContext());
  return words ? (
    <span dir="auto" title={words}>
      {words}
    </span>
  ) : (
    <Dash />
  );
});

const Show = memo(function Show({ field, value }: CellProps) {
  const { language } = useFormatContext();
  const all = refs(value);
  if (all.length === 0) return <Dash />;
  return (
    <span className={styles.lines}>
      {all.map((ref, at) => (
        <Fragment key={ref.id}>
          {at > 0 && (language === "zh" ? "、" : ", ")}
          <RefLink object={field.target} value={ref} />
        </Fragment>
      ))}
    </span>
  );
});

function Input({ field, value, onChange, onCommit, ...rest }: InputProps) {
  return (
    <Picker
      {...rest}
      object={field.target ?? ""}
      filter={field.config.offers}
      value={refs(value)}
      many
      onChange={onChange}
      onCommit={onCommit}
    />
  );
}

export default {
  Cell,
  Show,
  Input,
  Filter: refFilter(),
  format,
  write: (value) => refs(value).map((ref) => ref.id),
  width: 200,
  defaultOp: "contains",
} satisfies Twin;
