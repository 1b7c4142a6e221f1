/** A day or a moment, typed in words or picked from a calendar; and what a condition on one compares with. */

import { CalendarDays } from "lucide-react";
import { Suspense, useEffect, useRef, useState } from "react";
import { useT } from "../i18n";
import { part } from "../renew";
import { InputNumber, Select } from "../ui/antd";
import { useNamed } from "../ui/named";
import { EmptyFilter } from "./conditions";
import { addDays, isoDay, parseIsoDay, readDay, readMoment, today } from "./dates";
import { Entry } from "./Entry";
import styles from "./fields.module.css";
import {
  asList,
  asNumber,
  asText,
  type FilterProps,
  type FormatContext,
  type InputProps,
  isEmpty,
  useFormatContext,
} from "./twin";

const Calendar = part(() => import("./Calendar"));

interface DateEntryProps extends Omit<InputProps, "field"> {
  hint?: string;
  field?: InputProps["field"];
  time?: boolean;
}

/** The moment, to the minute, as it would be typed. */
function printMoment(value: unknown, ctx: FormatContext): string {
  const at = new Date(asText(value));
  if (!value || Number.isNaN(at.getTime())) return asText(value);
  return `${isoDayIn(at, ctx)} ${ctx.f.time(at.toISOString())}`;
}

const isoDayIn = (at: Date, ctx: FormatContext): string => isoDay(today(ctx.timezone, at));

export const readDate = (text: string, ctx: FormatContext): unknown => {
  const day = readDay(text, today(ctx.timezone));
  return day === null ? undefined : isoDay(day);
};

export const readDateTime = (text: string, ctx: FormatContext): unknown =>
  readMoment(text, ctx.timezone)?.toISOString();

export function DateEntry({ time = false, hint, ...props }: DateEntryProps) {
  const t = useT();
  const ctx = useFormatContext();
  const [open, setOpen] = useState(false);
  const { value, onChange, onCommit, disabled } = props;
  const button = useNamed<HTMLButtonElement>("fields.calendar.of", props.id, props.label);
  const read = time ? readDateTime : readDate;
  return (
    <span className={styles.entry}>
      <Entry
        {...props}
        print={(shown) => (time ? printMoment(shown, ctx) : asText(shown).slice(0, 10))}
        read={read}
        hint={(shown, typed) => {
          const text = asText(shown);
          if (time)
            return printMoment(shown, ctx) === typed.trim()
              ? null
              : `${ctx.f.weekday(isoDayIn(new Date(text), ctx))} ${ctx.f.datetime(text)}`;
          return `${ctx.f.date(text)} ${ctx.f.weekday(text)}`;
        }}
        unread={() => t(time ? "fields.unread.datetime" : "fields.unread.date")}
        placeholder={hint ?? t(time ? "fields.datetime.placeholder" : "fields.date.placeholder")}
        onArrow={
          time
            ? undefined
            : (step, typed) => {
                const day = parseIsoDay(typed);
                return day === null ? undefined : isoDay(addDays(day, step));
              }
        }
        suffix={
          <button
            ref={button}
            type="button"
            className={styles.inIcon}
            aria-label={t("fields.calendar")}
            tabIndex={-1}
            disabled={disabled}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => setOpen(!open)}
          >
            <CalendarDays />
          </button>
        }
      />
      {open && (
        <Suspense>
          <Calendar
            value={value ? asText(value) : null}
            zone={time ? ctx.timezone : undefined}
            onPick={(next) => {
              onChange(next);
              onCommit?.(next);
            }}
            onClose={() => setOpen(false)}
          />
        </Suspense>
      )}
    </span>
  );
}

const WHOLE = { day: /^\d{4}-\d\d-\d\d$/, moment: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ };

interface DateInputProps extends Pick<InputProps, "id" | "label" | "size" | "status"> {
  /** `YYYY-MM-DD`, or with `time` a moment in UTC; null for none. */
  value: string | null | undefined;
  /** Undefined while what was typed means no date. */
  onChange: (value: string | null | undefined) => void;
  time?: boolean;
  /** What stands in an empty one, where the usual words do not fit. */
  hint?: string;
  /** A date counts when it is complete: after Enter, a choice, or when one goes on. */
  whole?: boolean;
}

/** A day or a moment in a form that is of no record. A browser's own input would speak the browser's language, not the reader's. */
export function DateInput({ value, onChange, time = false, whole = false, ...rest }: DateInputProps) {
  const [draft, setDraft] = useState(value);
  const given = (next: unknown): string | null | undefined =>
    next === null ? null : (time ? WHOLE.moment : WHOLE.day).test(asText(next)) ? asText(next) : undefined;
  const settle = (next: string | null | undefined) => {
    setDraft(next);
    if (next !== undefined && next !== (value ?? null)) onChange(next);
  };
  // What it is given from outside counts more than what was begun.
  const [from, setFrom] = useState(value);
  if (from !== value) {
    setFrom(value);
    setDraft(value);
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hears that its input is left
    <span className={styles.date} onBlur={whole ? () => settle(draft) : undefined}>
      <DateEntry
        {...rest}
        time={time}
        value={(whole ? draft : value) ?? null}
        onChange={(next) => (whole ? setDraft(given(next)) : onChange(given(next)))}
        onCommit={whole ? (next) => settle(given(next)) : undefined}
      />
    </span>
  );
}

const DAYS = ["today", "yesterday", "tomorrow"] as const;
const PERIODS = [
  "this_week",
  "last_week",
  "next_week",
  "this_month",
  "last_month",
  "next_month",
  "this_quarter",
  "last_quarter",
  "next_quarter",
  "this_year",
  "last_year",
  "next_year",
] as const;
const COUNTED = ["last_days", "next_days", "ago_days", "in_days"] as const;
type Macro = (typeof DAYS)[number] | (typeof PERIODS)[number];

const macroKey = (value: unknown): string | null =>
  typeof value === "string" && ([...DAYS, ...PERIODS, "now"] as string[]).includes(value)
    ? value
    : value !== null && typeof value === "object" && !Array.isArray(value)
      ? (Object.keys(value)[0] ?? null)
      : null;

/** 本月, last 30 days; null for a plain date. */
export function macroWords(value: unknown, ctx: FormatContext): string | null {
  const key = macroKey(value);
  if (key === null) return null;
  if (typeof value === "string")
    return value === "now" ? ctx.t("fields.macro.today") : ctx.t(`fields.macro.${value as Macro}`);
  const n = asNumber((value as Record<string, unknown>)[key]) ?? 0;
  return (COUNTED as readonly string[]).includes(key)
    ? ctx.t(`fields.macro.${key as (typeof COUNTED)[number]}`, { n })
    : `${key} ${n}`;
}

/** One operand: a named day or period, a count of days, or a date. */
function Operand({
  field,
  op,
  value,
  onChange,
  autoFocus,
  time,
  label,
}: FilterProps & { time: boolean; label?: string }) {
  const t = useT();
  const key = macroKey(value);
  const counted = key !== null && (COUNTED as readonly string[]).includes(key);
  const within = op === "within";
  // A new condition on a period begins with one, not with an empty date.
  const begin = useRef(within && isEmpty(value) ? onChange : null);
  useEffect(() => {
    begin.current?.("this_month");
    begin.current = null;
  }, []);
  const names: readonly Macro[] =
    within || op === "eq" || op === "ne"
      ? [...DAYS, ...PERIODS]
      : [...DAYS, "this_week", "next_week", "this_month", "next_month", "this_quarter", "this_year"];
  const counts = within ? COUNTED.slice(0, 2) : COUNTED.slice(2);
  return (
    <div className={styles.stack}>
      <Select
        aria-label={label ?? t("fields.value")}
        autoFocus={autoFocus}
        value={key ?? "date"}
        options={[
          { value: "date", label: t(within ? "fields.macro.date.within" : "fields.macro.date") },
          ...counts.map((name) => ({ value: name, label: t(`fields.macro.${name}.choose`) })),
          ...names.map((name) => ({ value: name, label: t(`fields.macro.${name}`) })),
        ]}
        onChange={(next: string) =>
          onChange(
            next === "date"
              ? null
              : (COUNTED as readonly string[]).includes(next)
                ? { [next]: next === "last_days" ? 30 : 7 }
                : next,
          )
        }
      />
      {key === null && (
        <DateEntry field={field} value={value} onChange={onChange} time={time && !within} label={t("fields.date")} />
      )}
      {counted && (
        <InputNumber
          min={0}
          max={100_000}
          precision={0}
          style={{ width: "100%" }}
          suffix={t("fields.days")}
          aria-label={t("fields.days")}
          value={asNumber((value as Record<string, unknown>)[key ?? ""])}
          onChange={(n) => n !== null && onChange({ [key ?? "last_days"]: n })}
        />
      )}
    </div>
  );
}

function DateFilter({ time, ...props }: FilterProps & { time: boolean }) {
  const { op, value, onChange } = props;
  const t = useT();
  if (op === "is_empty") return <EmptyFilter value={value} onChange={onChange} />;
  if (op === "between" || (op === "within" && Array.isArray(value))) {
    const [from, to] = asList(value);
    return (
      <div className={styles.stack}>
        <Operand
          {...props}
          value={from ?? null}
          onChange={(next) => onChange([next, to ?? null])}
          time={time}
          label={t("fields.from")}
        />
        <Operand
          {...props}
          value={to ?? null}
          onChange={(next) => onChange([from ?? null, next])}
          time={time}
          label={t("fields.until")}
          autoFocus={false}
        />
      </div>
    );
  }
  if (op === "in" || op === "not_in") {
    return (
      <Operand
        {...props}
        op="eq"
        value={asList(value)[0] ?? null}
        onChange={(next) => onChange(next === null ? [] : [next])}
        time={time}
      />
    );
  }
  return <Operand {...props} time={time} />;
}

export const dateFilter = (time: boolean) => (props: FilterProps) => <DateFilter {...props} time={time} />;
