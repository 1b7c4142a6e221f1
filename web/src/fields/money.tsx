import { memo, useState } from "react";
import { Combo } from "../ui";
import { Select } from "../ui/antd";
import { codes } from "./currency";
import { Dash } from "./Entry";
import styles from "./fields.module.css";
import { NumberEntry, numberTwin } from "./NumberEntry";
import { currencyIn } from "./numbers";
import {
  asNumber,
  asText,
  type CellProps,
  type FormatContext,
  type InputProps,
  type Twin,
  useFormatContext,
  type Values,
} from "./twin";

/** The companion that holds an amount's currency. */
const companion = (field: { name: string }): string => `${field.name}_currency`;

export const currencyOf = (field: { name: string }, record: Values | undefined, ctx: FormatContext): string =>
  asText(record?.[companion(field)]) || ctx.currency;

const format: Twin["format"] = (value, _field, ctx) => {
  const n = asNumber(value);
  return n === null ? asText(value) : ctx.f.money(n, ctx.currency);
};

/** In a column the workspace's own currency goes without its sign: the figures line up, and another currency stands out. */
const Cell = memo(function Cell({ field, value, record, scale }: CellProps) {
  const ctx = useFormatContext();
  const n = asNumber(value);
  if (n === null) return <Dash />;
  const currency = currencyOf(field, record, ctx);
  if (currency !== ctx.currency) return <span>{ctx.f.money(n, currency)}</span>;
  if (scale) return <span title={ctx.f.money(n, currency)}>{ctx.f.number(n / scale.size, 1)}</span>;
  return <span>{ctx.f.number(n, Number.isInteger(n) ? 0 : 2)}</span>;
});

/** 2,000,000 as 200 万 where that loses nothing. */
function exact(n: number, language: string): { scaled: number; unit: string } | null {
  if (language !== "zh") return null;
  for (const [size, unit] of [
    [1e8, "亿"],
    [1e4, "万"],
  ] as const) {
    if (Math.abs(n) < size) continue;
    const scaled = Number((n / size).toFixed(2));
    return Math.abs(scaled * size - n) < 1e-6 ? { scaled, unit } : null;
  }
  return null;
}

const Show = memo(function Show({ field, value, record }: CellProps) {
  const ctx = useFormatContext();
  const n = asNumber(value);
  if (n === null) return <Dash />;
  const currency = currencyOf(field, record, ctx);
  const full = ctx.f.money(n, currency);
  const found = exact(n, ctx.language);
  if (!found) return <span>{full}</span>;
  const sign = currency === ctx.currency ? "" : `${ctx.f.moneyShort(n, currency).sign} `;
  return (
    <span title={full}>
      {sign}
      {ctx.f.number(
        found.scaled,
        found.unit === "万" && Number.isInteger(Number((found.scaled * 10).toFixed(2))) ? 1 : 2,
      )}
      <span className="unit">{found.unit}</span>
    </span>
  );
});

/** Who writes a currency beside an amount means it. */
const also = (text: string, field: { name: string }, ctx: FormatContext): Values | undefined => {
  const said = currencyIn(text, ctx.currency);
  return said ? { [companion(field)]: said } : undefined;
};

function Amount(props: InputProps) {
  const ctx = useFormatContext();
  const yuan = ctx.language === "zh" && currencyOf(props.field, props.values, ctx) === "CNY";
  return <NumberEntry {...props} also={(text) => also(text, props.field, ctx)} unit={yuan ? " 元" : ""} />;
}

function Input(props: InputProps) {
  const ctx = useFormatContext();
  const { field, values, value, onChange, disabled, size } = props;
  const currency = currencyOf(field, values, ctx);
  const choose = (code: string) => onChange(value ?? null, { [companion(field)]: code });
  return (
    <span className={styles.row}>
      <Amount
        {...props}
        onCommit={props.onCommit && ((next, more) => props.onCommit?.(next, { [companion(field)]: currency, ...more }))}
      />
      {props.autoFocus && props.onCommit ? (
        <Currency {...{ size, disabled, currency }} onPick={choose} />
      ) : (
        <Select
          size={size}
          disabled={disabled}
          style={{ width: "max(82px, 5.75em)", flex: "none" }}
          aria-label={ctx.t("fields.currency")}
          popupMatchSelectWidth={200}
          showSearch={{ optionFilterProp: "label" }}
          value={currency}
          options={codes(ctx).map((one) => ({ value: one.code, label: `${one.code} ${one.name}` }))}
          labelRender={({ value: code }) => code}
          onChange={choose}
        />
      )}
    </span>
  );
}

/** Beside an amount in a cell. */
function Currency({
  currency,
  size,
  disabled,
  onPick,
}: Pick<InputProps, "size" | "disabled"> & { currency: string; onPick: (code: string) => void }) {
  const ctx = useFormatContext();
  const [q, setQ] = useState("");
  const [open, setOpen] = useState(false);
  const wanted = q.trim().toLowerCase();
  const options = open ? codes(ctx).map((one) => ({ value: one.code, text: `${one.code} ${one.name}` })) : [];
  return (
    <span className={styles.currency}>
      <Combo
        small={size === "small"}
        disabled={disabled}
        label={ctx.t("fields.currency")}
        options={options.filter((one) => one.text.toLowerCase().includes(wanted))}
        value={currency}
        shown={currency}
        placeholder={ctx.t("fields.currency")}
        nothing={ctx.t("fields.none")}
        q={q}
        onType={setQ}
        open={open}
        onOpenChange={setOpen}
        onPick={(code) => {
          setQ("");
          if (code) onPick(code);
        }}
      />
    </span>
  );
}

export default {
  ...numberTwin(format, Amount),
  also,
  Cell,
  Show,
  Input,
  figure: (value, field, ctx, record) => {
    const { sign, text, unit } = ctx.f.moneyShort(asNumber(value) ?? 0, currencyOf(field, record, ctx));
    // In Chinese the unit says that it is money; another currency says which.
    return {
      text: ctx.language === "zh" && currencyOf(field, record, ctx) === ctx.currency ? text : `${sign}${text}`,
      unit,
    };
  },
  // Chinese readers count in ten thousands; a column of such amounts says so in its head.
  scale: (largest, ctx) =>
    ctx.language === "zh" && Math.abs(largest) >= 1e5
      ? { size: 1e4, unit: ctx.currency === "CNY" ? "万元" : "万" }
      : null,
  total: "sum",
  width: 120,
} satisfies Twin;
