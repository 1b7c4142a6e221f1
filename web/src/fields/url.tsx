import { memo } from "react";
import { inputFilter } from "./conditions";
import { Dash, LineInput, wordsCell } from "./Entry";
import styles from "./fields.module.css";
import { asText, type CellProps, type InputProps, type Twin } from "./twin";

/** The address without what every address has. */
const format: Twin["format"] = (value) =>
  asText(value)
    .replace(/^https?:\/\/(www\.)?/i, "")
    .replace(/\/$/, "");

const Show = memo(function Show({ field, value }: CellProps) {
  const text = asText(value);
  // Only what the server lets through: nothing that runs.
  if (!/^https?:\/\//i.test(text)) return text ? <span>{text}</span> : <Dash />;
  return (
    <a className={styles.link} href={text} target="_blank" rel="noopener noreferrer nofollow" title={text}>
      {format(value, field, null as never)}
    </a>
  );
});

const Input = (props: InputProps) => <LineInput {...props} inputMode="url" placeholder="example.com" />;

export default {
  Cell: wordsCell(format),
  Show,
  Input,
  Filter: inputFilter(LineInput),
  format,
  read: (text) => text.trim() || null,
  width: 170,
  defaultOp: "contains",
} satisfies Twin;
