import { memo } from "react";
import { TextInput } from "../ui";
import { inputFilter } from "./conditions";
import { Dash, LineInput, wordsCell } from "./Entry";
import styles from "./fields.module.css";
import { asText, type CellProps, type InputProps, type Twin, useFormatContext } from "./twin";

const PARTS = ["country", "province", "city", "district", "street", "postal_code"] as const;
type Part = (typeof PARTS)[number];
type Address = Partial<Record<Part, string | null>>;

const asAddress = (value: unknown): Address =>
  value !== null && typeof value === "object"
    ? (value as Address)
    : typeof value === "string" && value
      ? { street: value }
      : {};

const HOME = /^(中国|中华人民共和国|china|cn)$/i;
const CJK = /\p{Script=Han}/u;

/** 省市区街道 run together in Chinese; street first and commas between in Western ways. */
export function sayAddress(value: unknown): string {
  const a = asAddress(value);
  const at = (part: Part): string => asText(a[part]).trim();
  const words = PARTS.map(at).join("");
  if (CJK.test(words)) {
    const city = at("city") === at("province") ? "" : at("city");
    const country = HOME.test(at("country")) ? "" : at("country");
    return (
      [country, at("province"), city, at("district"), at("street")].join("") +
      (at("postal_code") ? ` ${at("postal_code")}` : "")
    );
  }
  const region = [at("province"), at("postal_code")].filter(Boolean).join(" ");
  return [at("street"), at("district"), at("city"), region, at("country")].filter(Boolean).join(", ");
}

/** A Chinese address in one piece, taken apart; null when it is not one. */
export function splitChinese(text: string): Address | null {
  const match =
    /^(?:中国)?\s*((?:[\p{Script=Han}]{2,8}?(?:省|自治区))|(?:北京|上海|天津|重庆)(?=市?))?\s*([\p{Script=Han}]{2,8}?(?:市|自治州|地区|盟))?\s*([\p{Script=Han}]{2,8}?(?:区|县|旗|镇))?\s*(.*?)\s*(\d{6})?$/u.exec(
      text.trim(),
    );
  if (!match || !(match[1] || match[2]) || !match[4]) return null;
  return {
    province: match[1] ?? null,
    city: match[2] ?? null,
    district: match[3] ?? null,
    street: match[4] ?? null,
    postal_code: match[5] ?? null,
  };
}

const format: Twin["format"] = (value) => sayAddress(value);

const Show = memo(function Show({ value }: CellProps) {
  const text = sayAddress(value);
  return text ? <span className={styles.lines}>{text}</span> : <Dash />;
});

/** Its parts, in the order in which the reader writes them. A whole address pasted into the street is taken apart. */
function Input({ field, value, onChange, onCommit, autoFocus, status, id, disabled, size }: InputProps) {
  const { t, language } = useFormatContext();
  const address = asAddress(value);
  const order: Part[] =
    language === "zh"
      ? ["province", "city", "district", "postal_code", "street", "country"]
      : ["street", "city", "district", "province", "postal_code", "country"];
  const first = language === "zh" ? "province" : "street";
  const change = (next: Address) => {
    const kept = Object.fromEntries(Object.entries(next).filter(([, part]) => part));
    onChange(Object.keys(kept).length ? kept : null);
  };
  return (
    <div className={styles.grid}>
      {order.map((part) => (
        <TextInput
          key={part}
          id={part === first ? id : undefined}
          className={part === "street" ? styles.all : undefined}
          size={size}
          status={status}
          disabled={disabled}
          autoFocus={autoFocus && part === first}
          autoComplete="off"
          aria-label={t(`fields.address.${part}`)}
          placeholder={t(`fields.address.${part}`)}
          value={asText(address[part])}
          data-field={`${field.name}.${part}`}
          onChange={(event) => change({ ...address, [part]: event.target.value })}
          onPaste={(event) => {
            const whole = splitChinese(event.clipboardData.getData("text"));
            if (!whole) return;
            event.preventDefault();
            change({ ...address, ...whole });
          }}
          onPressEnter={() => onCommit?.(value)}
        />
      ))}
    </div>
  );
}

/** 广东省 深圳市 南山区 · 科技园路 1 号 */
const told: Twin["told"] = (value) => {
  const a = asAddress(value);
  const at = (part: Part): string => asText(a[part]).trim();
  if (!CJK.test(PARTS.map(at).join(""))) return sayAddress(value);
  const above = [at("province"), at("city") === at("province") ? "" : at("city"), at("district")].filter(Boolean);
  return [above.join(" "), at("street"), at("postal_code")].filter(Boolean).join(" · ");
};

export default {
  Cell: wordsCell(format),
  told,
  Show,
  Input,
  Filter: inputFilter(LineInput),
  format,
  read: (text) => splitChinese(text) ?? text,
  width: 220,
  wide: true,
  defaultOp: "contains",
} satisfies Twin;
