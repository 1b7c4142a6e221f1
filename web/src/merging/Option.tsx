/** One of the values that a field can come out with, to be chosen. */
import { isEmpty, twin } from "../fields";
import { useT } from "../i18n";
import type { Field, RecordData } from "../schema/catalog";
import styles from "./merging.module.css";

interface OptionProps {
  field: Field;
  value: unknown;
  /** What stands beside the value: its currency. */
  record?: Readonly<Record<string, unknown>>;
  group: string;
  /** Whose value it is. */
  of: string;
  on: boolean;
  fixed?: boolean;
  onPick: () => void;
}

export function Option({ field, value, record, group, of, on, fixed, onPick }: OptionProps) {
  const t = useT();
  const { Cell } = twin(field);
  return (
    <label className={styles.option} data-on={on || undefined} data-fixed={fixed || undefined}>
      <input type="radio" name={group} checked={on} disabled={fixed} onChange={onPick} />
      <span>
        <span className={styles.of} dir="auto">
          {of}
        </span>
        {isEmpty(value) ? (
          <span className={styles.soft}>{t("merge.empty")}</span>
        ) : (
          <Cell field={field} value={value} record={record as RecordData} />
        )}
      </span>
    </label>
  );
}
