import { memo } from "react";
import { DateEntry, dateFilter, macroWords, readDate } from "./DateEntry";
import { parseIsoDay } from "./dates";
import { Ago, Dash, tellsAgo, wordsCell } from "./Entry";
import styles from "./fields.module.css";
import { asText, type CellProps, type Twin, useFormatContext } from "./twin";
import { lunarDay, lunarWords, nextYearly } from "./yearly";

const format: Twin["format"] = (value, _field, ctx) => {
  const text = asText(value);
  return macroWords(value, ctx) ?? (parseIsoDay(text) ? ctx.f.day(text) : text);
};

/** On the record's own page, what comes back every year says when that is next. */
const Show = memo(function Show({ field, value, record }: CellProps) {
  const ctx = useFormatContext();
  const { t, f, language } = ctx;
  const text = format(value, field, ctx);
  const by = field.config.yearly;
  if (!text) return <Dash />;
  if (typeof by !== "string" || !parseIsoDay(asText(value))) return <span>{text}</span>;
  const born = asText(value);
  const lunar = record?.[by] === "lunar";
  const next = nextYearly(born, lunar, f.today());
  const { month, day } = lunarDay(born);
  const moon = language === "zh" ? lunarWords(lunarDay(born)) : `${month}/${day}`;
  const more = [lunar && t("fields.lunar", { day: moon }), next && t("fields.yearly.next", { day: f.day(next) })];
  return (
    <span className={styles.lines}>
      {text}
      <small className={styles.grey}>{`\n${more.filter(Boolean).join("\n")}`}</small>
    </span>
  );
});

const Words = wordsCell(format);

const Cell = memo(function Cell(props: CellProps) {
  const ctx = useFormatContext();
  const text = asText(props.value);
  if (!tellsAgo(props.field) || !parseIsoDay(text)) return <Words {...props} />;
  return <Ago day={text} said={ctx.f.day(text)} />;
});

export default {
  Cell,
  Show,
  drawn: tellsAgo,
  Input: DateEntry,
  Filter: dateFilter(false),
  format,
  read: (text, _field, ctx) => readDate(text, ctx),
  width: 120,
  defaultOp: "within",
} satisfies Twin;
