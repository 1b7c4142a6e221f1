import { memo } from "react";
import { TextBox } from "../ui";
import { inputFilter } from "./conditions";
import { Dash, LineInput, wordsCell } from "./Entry";
import styles from "./fields.module.css";
import { asText, type CellProps, type InputProps, type Twin } from "./twin";

const format: Twin["format"] = (value) => asText(value).replace(/\s+/g, " ").trim();

const Show = memo(function Show({ value }: CellProps) {
  const text = asText(value);
  return text === "" ? <Dash /> : <span className={styles.lines}>{text}</span>;
});

/** Enter makes a new line; Ctrl or ⌘ with it completes. */
function Input({ field, value, onChange, onCommit, autoFocus, status, id, disabled, label }: InputProps) {
  return (
    <TextBox
      id={id}
      status={status}
      disabled={disabled}
      autoFocus={autoFocus}
      aria-label={label}
      rows={onCommit ? 2 : 3}
      value={asText(value)}
      data-field={field.name}
      onChange={(event) => onChange(event.target.value === "" ? null : event.target.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && onCommit) {
          event.preventDefault();
          onCommit(value);
        }
      }}
    />
  );
}

export default {
  Cell: wordsCell(format),
  Show,
  Input,
  Filter: inputFilter(LineInput),
  format,
  read: (text) => text || null,
  width: 240,
  wide: true,
  block: true,
  defaultOp: "contains",
} satisfies Twin;
