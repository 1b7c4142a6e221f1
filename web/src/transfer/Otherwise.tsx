/** What the rows get that leave a field empty where it must not be. */
import { useState } from "react";
import { useCatalog } from "../api/queries";
import { twin } from "../fields";
import { useLabel, useT } from "../i18n";
import { Button } from "../ui";
import { Select } from "../ui/antd";
import { cellOf, entryOf, howOf, otherwise, type Target } from "./model";
import styles from "./transfer.module.css";
import type { StepProps } from "./Wizard";

export function Otherwise({ object, upload, target, choices, onChange }: StepProps & { target: Target }) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const entry = entryOf(upload, choices.mapping, target.field);
  const said = howOf(choices.mapping, entry)?.otherwise ?? null;
  const [typed, setTyped] = useState<unknown>(said);
  const field = object.fields.find((one) => one.name === target.field);
  if (!field) return null;
  const use = (value: string | null) =>
    onChange((before) => ({ mapping: otherwise(before.mapping, entry, target.field, value) }));
  const stages = field.type === "stage" ? catalog.pipelinesOf(object).flatMap((pipeline) => pipeline.stages) : [];
  const options = field.options.length ? field.options : stages;
  const name = t("transfer.otherwise");
  const { Input } = twin(field);
  return (
    <div className={styles.otherwise}>
      <span>{name}</span>
      {options.length > 0 ? (
        <Select
          size="small"
          aria-label={name}
          allowClear
          placeholder={t("transfer.values.choose")}
          showSearch={{ optionFilterProp: "label" }}
          popupMatchSelectWidth={false}
          value={said}
          options={options.map((one) => ({ value: one.name, label: label(one.label, one.name) }))}
          onChange={(value: string | undefined) => use(value ?? null)}
        />
      ) : (
        <>
          <Input field={field} value={typed} label={name} onChange={setTyped} />
          <Button size="small" disabled={cellOf(typed) === (said ?? "")} onClick={() => use(cellOf(typed) || null)}>
            {t("transfer.otherwise.use")}
          </Button>
        </>
      )}
    </div>
  );
}
