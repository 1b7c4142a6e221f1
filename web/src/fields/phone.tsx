import { memo } from "react";
import { inputFilter } from "./conditions";
import { Dash, Entry, LineInput, wordsCell } from "./Entry";
import styles from "./fields.module.css";
import { barred } from "./reach";
import { asText, type CellProps, type InputProps, type Twin } from "./twin";

/** Codes of countries that have two digits; beside them there are 1 and 7, and all others have three. */
const TWO = /^(2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;

/** A number from abroad in groups: its country, then threes, and at the end up to four. */
function foreign(number: string): string {
  const digits = /^\+(\d{7,15})$/.exec(number)?.[1];
  if (!digits) return number;
  const code = digits.slice(0, /^[17]/.test(digits) ? 1 : TWO.test(digits) ? 2 : 3);
  const groups: string[] = [];
  for (let rest = digits.slice(code.length); rest; ) {
    const take = rest.length <= 4 ? rest.length : rest.length === 5 ? 2 : 3;
    groups.push(rest.slice(0, take));
    rest = rest.slice(take);
  }
  return `+${code} ${groups.join(" ")}`;
}

/** +8613812345678;ext=8 as it is read aloud: 138 1234 5678 转 8. Numbers from abroad keep their country. */
export function sayPhone(value: string, language: string): string {
  const [number = "", extension] = value.split(";ext=");
  const tail = extension ? (language === "zh" ? ` 转 ${extension}` : ` ext. ${extension}`) : "";
  const chinese = /^\+86(\d{7,12})$/.exec(number)?.[1];
  if (chinese !== undefined) {
    const abroad = language === "zh" ? "" : "+86 ";
    const mobile = /^(1\d{2})(\d{4})(\d{4})$/.exec(chinese);
    if (mobile) return `${abroad}${mobile[1]} ${mobile[2]} ${mobile[3]}${tail}`;
    const hotline = /^([48]00)(\d{3})(\d{4})$/.exec(chinese);
    if (hotline) return `${abroad}${hotline[1]} ${hotline[2]} ${hotline[3]}${tail}`;
    const fixed = /^(10|2\d|[3-9]\d{2})(\d{3,4})(\d{4})$/.exec(chinese);
    if (fixed) return `${language === "zh" ? "0" : abroad}${fixed[1]} ${fixed[2]} ${fixed[3]}${tail}`;
  }
  return `${foreign(number)}${tail}`;
}

const format: Twin["format"] = (value, _field, ctx) => (value ? sayPhone(asText(value), ctx.language) : "");

const Words = wordsCell(format);

/** Of several numbers in one cell the first is dialled. */
const href = (value: unknown) => `tel:${asText(value).replace(/[/,、，；].*|[^\d+;=a-z]/gi, "")}`;

const Show = memo(function Show(props: CellProps) {
  if (!props.value) return <Dash />;
  if (barred(props.record, "call"))
    return (
      <s className={styles.barred}>
        <Words {...props} />
      </s>
    );
  return (
    <a className={`${styles.link} ${styles.quiet}`} href={href(props.value)}>
      <Words {...props} />
    </a>
  );
});

/** It stands as it is read aloud; what is typed goes to the server, which knows how numbers are written where. */
const Input = (props: InputProps) => (
  <Entry
    {...props}
    print={(value, ctx) => sayPhone(asText(value), ctx.language)}
    read={(text) => text.trim()}
    inputMode="tel"
  />
);

export default {
  Cell: Words,
  Show,
  Input,
  Filter: inputFilter(LineInput),
  format,
  read: (text) => text.trim() || null,
  reach: { channel: "call", href },
  key: true,
  width: 140,
  defaultOp: "contains",
} satisfies Twin;
