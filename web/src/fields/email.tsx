import { memo } from "react";
import { inputFilter } from "./conditions";
import { Dash, LineInput, wordsCell } from "./Entry";
import styles from "./fields.module.css";
import { barred } from "./reach";
import { asText, type CellProps, type InputProps, type Twin } from "./twin";

const format: Twin["format"] = (value) => asText(value);

const href = (value: unknown) => `mailto:${encodeURI(asText(value))}`;

const Show = memo(function Show({ value, record }: CellProps) {
  if (!value) return <Dash />;
  if (barred(record, "email")) return <s className={styles.barred}>{asText(value)}</s>;
  const [name, ...rest] = asText(value).split("@");
  return (
    <a className={styles.link} href={href(value)}>
      {name}
      {rest.length > 0 && (
        <>
          @<wbr />
          {rest.join("@")}
        </>
      )}
    </a>
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
  reach: { channel: "email", href },
  key: true,
  width: 170,
  defaultOp: "contains",
} satisfies Twin;
