import { Check } from "lucide-react";
import { memo } from "react";
import { useT } from "../i18n";
import { Switch } from "../ui";
import { Either, EmptyFilter } from "./conditions";
import { Dash } from "./Entry";
import styles from "./fields.module.css";
import type { CellProps, FilterProps, InputProps, Twin } from "./twin";

const format: Twin["format"] = (value, _field, ctx) =>
  value === true ? ctx.t("fields.yes") : value === false ? ctx.t("fields.no") : "";

const Cell = memo(function Cell({ value }: CellProps) {
  const t = useT();
  if (value === true) {
    return (
      <span className={styles.yes}>
        <Check aria-hidden />
        {t("fields.yes")}
      </span>
    );
  }
  return value === false ? <span className={styles.grey}>{t("fields.no")}</span> : <Dash />;
});

function Input({ field, value, onChange, onCommit, autoFocus, id, disabled, size, label }: InputProps) {
  return (
    <Switch
      id={id}
      size={size === "large" ? undefined : "small"}
      disabled={disabled}
      autoFocus={autoFocus}
      aria-label={label}
      checked={value === true}
      data-field={field.name}
      onChange={(next) => {
        onChange(next);
        onCommit?.(next);
      }}
    />
  );
}

function Filter({ op, value, onChange }: FilterProps) {
  const t = useT();
  if (op === "is_empty") return <EmptyFilter value={value} onChange={onChange} />;
  return <Either value={value} onChange={onChange} yes={t("fields.yes")} no={t("fields.no")} />;
}

const WORDS: Record<string, boolean> = {
  是: true,
  对: true,
  有: true,
  yes: true,
  y: true,
  true: true,
  "1": true,
  否: false,
  不: false,
  无: false,
  no: false,
  n: false,
  false: false,
  "0": false,
};

export default {
  Cell,
  Input,
  Filter,
  format,
  read: (text) => WORDS[text.trim().toLowerCase()],
  width: 80,
  defaultOp: "eq",
} satisfies Twin;
