/** One stage: where it applies, what it must come after, and for how long. */
import admin from "../admin/admin.module.css";
import { Line, Panel } from "../admin/Section";
import { useLabel, useT } from "../i18n";
import { Conditions } from "../records/FilterBar";
import type { ObjectDef } from "../schema/catalog";
import { Button } from "../ui";
import { InputNumber, Select } from "../ui/antd";
import type { Stage } from "./model";

interface Props {
  object: ObjectDef;
  stage: Stage;
  others: Stage[];
  onChange: (stage: Stage) => void;
  onClose: () => void;
}

export function StagePanel({ object, stage, others, onChange, onClose }: Props) {
  const t = useT();
  const label = useLabel();
  return (
    <Panel
      title={label(stage.label, stage.name)}
      onClose={onClose}
      foot={
        <Button className={admin.grow} type="primary" onClick={onClose}>
          {t("standing.done")}
        </Button>
      }
    >
      <div className={admin.form}>
        <Line label={t("standing.stage.when")}>
          {() => (
            <Conditions object={object} filter={stage.when ?? null} onChange={(when) => onChange({ ...stage, when })} />
          )}
        </Line>
        <Line label={t("standing.stage.after")}>
          {(id) => (
            <Select
              id={id}
              className={admin.wide}
              mode="multiple"
              value={stage.after ?? []}
              onChange={(after: string[]) => onChange({ ...stage, after, days: after.length ? stage.days : null })}
              options={others.map((one) => ({ value: one.name, label: label(one.label, one.name) }))}
            />
          )}
        </Line>
        {(stage.after?.length ?? 0) > 0 && (
          <Line label={t("standing.stage.days")}>
            {(id) => (
              <InputNumber
                id={id}
                min={1}
                max={3660}
                value={stage.days ?? null}
                onChange={(days) => onChange({ ...stage, days: days ?? null })}
              />
            )}
          </Line>
        )}
      </div>
    </Panel>
  );
}
