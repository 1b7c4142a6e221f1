/** Fields that no column gives: the same value in every row. */
import { Plus, X } from "lucide-react";
import { TypeIcon } from "../admin/types";
import { twin } from "../fields";
import { useLabel, useT } from "../i18n";
import { IconButton } from "../ui";
import { MarkedSelect } from "./MarkedSelect";
import { fixable, howOf } from "./model";
import styles from "./transfer.module.css";
import type { StepProps } from "./Wizard";

export function Constants({ object, upload, choices, onChange }: StepProps) {
  const t = useT();
  const label = useLabel();
  const { fixed } = choices;
  const taken = new Set(upload.columns.map((column) => howOf(choices.mapping, column.name)?.field));
  const set = (field: string, value: unknown) => onChange((before) => ({ fixed: { ...before.fixed, [field]: value } }));
  const forget = (field: string) =>
    onChange((before) => {
      const { [field]: _gone, ...rest } = before.fixed;
      return { fixed: rest };
    });
  const offered = upload.targets.filter((one) => fixable(one) && !taken.has(one.field) && !(one.field in fixed));
  return (
    <section className={styles.constants} aria-label={t("transfer.fixed")}>
      <h2>{t("transfer.fixed")}</h2>
      {Object.entries(fixed).map(([name, value]) => {
        const field = object.fields.find((one) => one.name === name);
        if (!field) return null;
        const { Input } = twin(field);
        const shown = label(field.label, name);
        return (
          <div key={name} className={styles.constant}>
            <span className={styles.option}>
              <TypeIcon type={field.type} />
              {shown}
            </span>
            <Input
              field={field}
              value={value}
              label={shown}
              onChange={(next) => set(name, next)}
              autoFocus={value === null}
            />
            <IconButton
              small
              icon={<X />}
              label={t("transfer.fixed.forget", { field: shown })}
              onClick={() => forget(name)}
            />
          </div>
        );
      })}
      <MarkedSelect
        className={styles.addConstant}
        aria-label={t("transfer.fixed.add")}
        showSearch={{ optionFilterProp: "text" }}
        popupMatchSelectWidth={false}
        placeholder={
          <span className={styles.option}>
            <Plus aria-hidden />
            {t("transfer.fixed.add")}
          </span>
        }
        value={null}
        options={offered.map((one) => ({
          value: one.field,
          text: `${label(one.label)} ${one.field}`,
          label: label(one.label, one.field),
          mark: <TypeIcon type={one.type} />,
        }))}
        onChange={(field: string | null) => field && set(field, null)}
      />
    </section>
  );
}
