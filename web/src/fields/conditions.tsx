/** What the editors of conditions share: one value, two for between, several for in, yes or no for is empty. */

import { type ComponentType, useEffect, useRef } from "react";
import { useT } from "../i18n";
import type { Field } from "../schema/catalog";
import { Segmented, Select } from "../ui/antd";
import styles from "./fields.module.css";
import { asList, asText, type FilterProps, type FormatContext, type InputProps, isEmpty, type Twin } from "./twin";

/** One of two: what a condition with nothing to compare begins with is yes. */
export function Either({
  value,
  onChange,
  yes,
  no,
}: Pick<FilterProps, "value" | "onChange"> & { yes: string; no: string }) {
  const begin = useRef(typeof value === "boolean" ? null : onChange);
  useEffect(() => {
    begin.current?.(true);
    begin.current = null;
  }, []);
  return (
    <Segmented
      aria-label={`${yes} / ${no}`}
      size="small"
      block
      value={value === false ? "no" : "yes"}
      options={[
        { value: "yes", label: yes },
        { value: "no", label: no },
      ]}
      onChange={(next) => onChange(next === "yes")}
    />
  );
}

/** Is it empty, or is it not. */
export function EmptyFilter(props: Pick<FilterProps, "value" | "onChange">) {
  const t = useT();
  return <Either {...props} yes={t("fields.empty.yes")} no={t("fields.empty.no")} />;
}

type ReadOne = (text: string, field: Field) => unknown;

interface InputFilterProps extends FilterProps {
  Input: ComponentType<InputProps>;
  read: ReadOne;
}

function InputFilter({ field, op, value, onChange, autoFocus, Input, read }: InputFilterProps) {
  const t = useT();
  const label = t("fields.value");
  if (op === "is_empty") return <EmptyFilter value={value} onChange={onChange} />;
  if (op === "in" || op === "not_in") {
    return (
      <Select
        mode="tags"
        style={{ width: "100%" }}
        aria-label={label}
        autoFocus={autoFocus}
        open={false}
        suffixIcon={null}
        placeholder={t("fields.several")}
        tokenSeparators={[",", "，", "、", ";", "；", "\n", "\t"]}
        value={asList(value).map(asText)}
        onChange={(texts: string[]) => onChange(texts.map((text) => read(text, field)))}
      />
    );
  }
  if (op === "between") {
    const [from, to] = asList(value);
    return (
      <div className={styles.between}>
        <Input
          field={field}
          value={from ?? null}
          onChange={(next) => onChange([next, to ?? null])}
          autoFocus={autoFocus}
          label={t("fields.from")}
        />
        <i>{t("fields.to")}</i>
        <Input
          field={field}
          value={to ?? null}
          onChange={(next) => onChange([from ?? null, next])}
          label={t("fields.until")}
        />
      </div>
    );
  }
  return <Input field={field} value={value ?? null} onChange={onChange} autoFocus={autoFocus} label={label} />;
}

/** A condition's editor made from the type's input: `read` takes each of several typed values. */
export const inputFilter =
  (Input: ComponentType<InputProps>, read: ReadOne = (text) => text) =>
  (props: FilterProps) => <InputFilter {...props} Input={Input} read={read} />;

/** The words of a condition's value, for a sentence: `format` says one. */
export function conditionWords(
  format: Twin["format"],
  op: string,
  value: unknown,
  field: Field,
  ctx: FormatContext,
): string {
  const one = (part: unknown) => format(part, field, ctx) || asText(part);
  if (op === "is_empty" || op === "invalid" || isEmpty(value)) return "";
  if ((op === "between" || op === "within") && Array.isArray(value))
    return value.map(one).join(` ${ctx.t("fields.to")} `);
  if (Array.isArray(value)) return value.map(one).join(ctx.language === "zh" ? "、" : ", ");
  return one(value);
}
