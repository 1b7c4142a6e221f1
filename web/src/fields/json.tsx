import { memo } from "react";
import { inputFilter } from "./conditions";
import { Dash, LineInput, wordsCell } from "./Entry";
import styles from "./fields.module.css";
import { type CellProps, type InputProps, isEmpty, type Twin } from "./twin";

const format: Twin["format"] = (value) => (isEmpty(value) ? "" : JSON.stringify(value));

const Show = memo(function Show({ value }: CellProps) {
  return isEmpty(value) ? (
    <Dash />
  ) : (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard
    <pre className={styles.json} tabIndex={0}>
      {JSON.stringify(value, null, 2)}
    </pre>
  );
});

/** Machines write it; the page shows it. */
const Input = ({ field, value }: InputProps) => <Show field={field} value={value} />;

export default {
  Cell: wordsCell(format),
  Show,
  Input,
  Filter: inputFilter(LineInput),
  format,
  width: 200,
  wide: true,
  block: true,
  defaultOp: "is_empty",
} satisfies Twin;
