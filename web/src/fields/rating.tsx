import { Star } from "lucide-react";
import { memo, useId } from "react";
import { inputFilter } from "./conditions";
import { Dash } from "./Entry";
import styles from "./fields.module.css";
import { NumberEntry } from "./NumberEntry";
import { readNumber } from "./numbers";
import { asNumber, type CellProps, type InputProps, type Twin } from "./twin";

const most = (config: Record<string, unknown>): number => asNumber(config.max) ?? 5;

const format: Twin["format"] = (value, field) =>
  asNumber(value) === null ? "" : `${asNumber(value)}/${most(field.config)}`;

const Cell = memo(function Cell({ field, value }: CellProps) {
  const n = asNumber(value);
  if (n === null) return <Dash />;
  return (
    <span className={styles.stars} role="img" aria-label={`${n}/${most(field.config)}`}>
      {Array.from({ length: most(field.config) }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: stars have no identity
        <Star key={at} className={at < n ? styles.on : undefined} />
      ))}
    </span>
  );
});

function Input({ field, value, onChange, onCommit, autoFocus, disabled, id, label }: InputProps) {
  const name = useId();
  const given = asNumber(value) ?? 0;
  const set = (next: number | null) => {
    onChange(next);
    onCommit?.(next);
  };
  return (
    <span className={styles.rate} role="radiogroup" id={id} aria-label={label}>
      {Array.from({ length: most(field.config) }, (_, at) => at + 1).map((n) => (
        <label key={n} className={n <= given ? styles.on : undefined}>
          <input
            type="radio"
            name={name}
            className="sr"
            checked={n === given}
            disabled={disabled}
            // biome-ignore lint/a11y/noAutofocus: asked for by whoever opened it
            autoFocus={autoFocus && n === Math.max(1, given)}
            aria-label={`${n}/${most(field.config)}`}
            onChange={() => set(n)}
            // The star that is given already takes them all back.
            onClick={() => n === given && set(null)}
          />
          <Star />
        </label>
      ))}
    </span>
  );
}

const read = (text: string): unknown =>
  readNumber(/^[★☆⭐]+$/u.test(text.trim()) ? String([...text.trim()].filter((c) => c !== "☆").length) : text) ??
  undefined;

export default {
  Cell,
  Input,
  Filter: inputFilter(NumberEntry, (text) => readNumber(text) ?? text),
  format,
  read,
  total: "avg",
  width: 96,
  defaultOp: "gte",
} satisfies Twin;
