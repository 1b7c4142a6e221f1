import { memo } from "react";
import { inputFilter } from "./conditions";
import { Dash, LineInput, wordsCell } from "./Entry";
import styles from "./fields.module.css";
import { asText, type CellProps, type InputProps, type Twin } from "./twin";

const format: Twin["format"] = (value) => asText(value);

const Show = memo(function Show({ value }: CellProps) {
  return value ? (
    <a className={styles.link} href={`mailto:${encodeURI(asText(value))}`}>
      {asText(value)}
    </a>
  ) : (
    <Dash />
  );
});

const Input = (props: InputProps) => <LineInput {...props} inputMode="email" placeholder="name@example.com" />;

export default {
  Cell: wordsCell(format),
  Show,
  Input,
  Filter: inputFilter(LineInput),
  format,
  read: (text) => text.trim() || null,
  width: 190,
  defaultOp: "contains",
} satisfies Twin;
