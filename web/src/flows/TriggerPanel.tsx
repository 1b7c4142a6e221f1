/** What begins a flow, and how often it may. */
import admin from "../admin/admin.module.css";
import { Line, Panel } from "../admin/Section";
import { useCatalog } from "../api/queries";
import { useLabel, useT } from "../i18n";
import { TextInput } from "../ui";
import { InputNumber, Select } from "../ui/antd";
import styles from "./flows.module.css";
import { useObjects } from "./inputs/common";
import { type Definition, type FullFlow, type Given, type Kinds, type Problem, rootsAt } from "./model";
import { Parameters } from "./Parameters";
import { PublicForm } from "./PublicForm";

interface TriggerProps {
  flow: FullFlow;
  what: Definition;
  kinds: Kinds;
  problems: Problem[];
  onChange: (what: Definition) => void;
  onTook: (flow: FullFlow) => void;
  onClose: () => void;
}

export function TriggerPanel({ flow, what, kinds, problems, onChange, onTook, onClose }: TriggerProps) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const objects = useObjects();
  const kind = kinds.triggers.find((one) => one.name === what.trigger.kind);
  const set = (part: Given) => onChange({ ...what, trigger: { ...what.trigger, ...part } });
  return (
    <Panel title={t("flow.trigger")} onClose={onClose}>
      <div className={admin.stacked}>
        <Line label={t("flow.trigger.kind")} help={kind && label(kind.hint)}>
          {(id) => (
            <Select
              id={id}
              className={styles.wide}
              value={what.trigger.kind}
              options={kinds.triggers.map((one) => ({ value: one.name, label: label(one.label, one.name) }))}
              onChange={(next: string) => {
                const to = kinds.triggers.find((one) => one.name === next);
                const begins = (to?.parameters ?? []).filter((one) => one.default !== undefined);
                onChange({
                  ...what,
                  object: to?.about === "must" ? what.object : null,
                  trigger: { kind: next, ...Object.fromEntries(begins.map((one) => [one.name, one.default])) },
                });
              }}
            />
          )}
        </Line>
        {kind?.about !== "no" && (
          <Line
            label={t("flow.object")}
            required={kind?.about === "must"}
            error={problems.find((one) => one.field === "object")?.message}
          >
            {(id) => (
              <Select
                id={id}
                className={styles.wide}
                allowClear={kind?.about === "may"}
                showSearch={{ optionFilterProp: "label" }}
                value={what.object}
                options={objects}
                onChange={(object: string | null) =>
                  onChange({ ...what, object: object ?? null, trigger: { ...what.trigger, filter: null } })
                }
              />
            )}
          </Line>
        )}
        <Parameters
          parameters={kind?.parameters ?? []}
          given={what.trigger}
          roots={rootsAt(what, kinds, catalog, null)}
          about={what.object}
          problems={problems}
          onChange={set}
        />
        <Line label={t("flow.limit")} help={t("flow.limit.help")}>
          {(id) => (
            <InputNumber
              id={id}
              min={1}
              max={1_000_000}
              precision={0}
              value={what.limits?.runs_per_hour ?? null}
              onChange={(n: unknown) =>
                onChange({ ...what, limits: typeof n === "number" ? { runs_per_hour: n } : undefined })
              }
            />
          )}
        </Line>
        {what.trigger.kind === "form" && <PublicForm flow={flow} onTook={onTook} />}
        {flow.hook && (
          <Line label={t("flow.hook")} help={t("flow.hook.help")}>
            {(id) => <TextInput id={id} readOnly value={`${window.location.origin}${flow.hook}`} />}
          </Line>
        )}
      </div>
    </Panel>
  );
}
