/** One factor: what it looks at, and how that becomes points. */
import { Trash2 } from "lucide-react";
import admin from "../admin/admin.module.css";
import { FormulaEditor } from "../admin/Computed";
import { AddRow } from "../admin/Rows";
import { Line, Panel } from "../admin/Section";
import { useCatalog } from "../api/queries";
import { useLabel, useT, useTongues } from "../i18n";
import { Conditions } from "../records/FilterBar";
import type { ObjectDef } from "../schema/catalog";
import { Button, IconButton, TextInput } from "../ui";
import { InputNumber, Select } from "../ui/antd";
import type { Factor, Input, Scale } from "./model";
import styles from "./standing.module.css";

const FUNCTIONS = ["count", "sum", "average", "min", "max"] as const;
const SCALES = ["percentile", "bands", "linear", "options"] as const;

interface Props {
  object: ObjectDef;
  factor: Factor;
  onChange: (factor: Factor) => void;
  onRemove: () => void;
  onClose: () => void;
}

export function FactorPanel({ object, factor, onChange, onRemove, onClose }: Props) {
  const t = useT();
  const label = useLabel();
  const tongues = useTongues();
  const set = (part: Partial<Factor>) => onChange({ ...factor, ...part });
  return (
    <Panel
      title={label(factor.label, factor.name)}
      onClose={onClose}
      foot={
        <>
          <Button className={admin.grow} type="primary" onClick={onClose}>
            {t("standing.done")}
          </Button>
          <Button icon={<Trash2 />} onClick={onRemove}>
            {t("standing.factor.remove", { name: "" }).trim()}
          </Button>
        </>
      }
    >
      <div className={admin.form}>
        <div className={admin.two}>
          {tongues.map((tongue) => (
            <Line key={tongue} label={t(tongue === "zh" ? "standing.name.zh" : "standing.name")}>
              {(id) => (
                <TextInput
                  id={id}
                  lang={tongue}
                  value={factor.label?.[tongue] ?? ""}
                  maxLength={120}
                  onChange={(event) => set({ label: { ...factor.label, [tongue]: event.target.value } })}
                />
              )}
            </Line>
          ))}
        </div>
        <Looks object={object} input={factor.input} onChange={(input) => set({ input })} />
        <Points object={object} factor={factor} onChange={(scale) => set({ scale })} />
        <Line label={t("standing.factor.empty")}>
          {(id) => (
            <span className={styles.beside}>
              <Select
                id={id}
                value={factor.empty === null ? "none" : "points"}
                onChange={(next: string) => set({ empty: next === "none" ? null : 0 })}
                options={[
                  { value: "none", label: t("standing.factor.empty.none") },
                  { value: "points", label: t("standing.factor.empty.points") },
                ]}
              />
              {factor.empty !== null && (
                <InputNumber
                  min={0}
                  max={100}
                  value={factor.empty ?? 0}
                  aria-label={t("standing.band.points")}
                  onChange={(empty) => set({ empty: empty ?? 0 })}
                />
              )}
            </span>
          )}
        </Line>
      </div>
    </Panel>
  );
}

function Looks({ object, input, onChange }: { object: ObjectDef; input: Input; onChange: (input: Input) => void }) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const related = object.related.find((one) => one.name === input.children);
  const child = catalog.object(related?.object);
  const fn = input.function ?? "count";
  const fields =
    child?.fields.filter((field) => !field.of && field.aggregates.includes(fn === "average" ? "avg" : fn)) ?? [];
  return (
    <>
      <Line label={t("standing.factor.input")}>
        {(id) => (
          <Select
            id={id}
            className={admin.wide}
            value={input.children ?? ""}
            showSearch={{ optionFilterProp: "label" }}
            onChange={(next: string) => onChange(next ? { children: next, function: "count" } : { formula: "" })}
            options={[
              { value: "", label: t("standing.factor.formula") },
              {
                label: t("standing.factor.children"),
                options: object.related.map((one) => ({
                  value: one.name,
                  label: label(one.label) || label(catalog.object(one.object)?.plural, one.name),
                })),
              },
            ]}
          />
        )}
      </Line>
      {input.children === undefined ? (
        <Line label={t("standing.factor.formula")}>
          {(id) => (
            <FormulaEditor
              id={id}
              object={object}
              value={input.formula ?? ""}
              onChange={(formula) => onChange({ formula })}
            />
          )}
        </Line>
      ) : (
        child && (
          <>
            <Line label={t("standing.factor.function")}>
              {(id) => (
                <Select
                  id={id}
                  className={admin.wide}
                  value={fn}
                  onChange={(next: string) => onChange({ ...input, function: next, field: undefined })}
                  options={FUNCTIONS.map((one) => ({ value: one, label: t(`standing.fn.${one}`) }))}
                />
              )}
            </Line>
            {fn !== "count" && (
              <Line label={t("standing.factor.of")}>
                {(id) => (
                  <Select
                    id={id}
                    className={admin.wide}
                    value={input.field}
                    onChange={(field: string) => onChange({ ...input, field })}
                    options={fields.map((field) => ({ value: field.name, label: label(field.label, field.name) }))}
                  />
                )}
              </Line>
            )}
            <Line label={t("standing.factor.where")}>
              {() => (
                <Conditions
                  object={child}
                  filter={input.where ?? null}
                  onChange={(where) => onChange({ ...input, where })}
                />
              )}
            </Line>
          </>
        )
      )}
    </>
  );
}

function Points({ object, factor, onChange }: { object: ObjectDef; factor: Factor; onChange: (scale: Scale) => void }) {
  const t = useT();
  const label = useLabel();
  const { scale } = factor;
  const field = object.fields.find((one) => one.name === factor.input.formula);
  const bands = scale.bands ?? [];
  const value = scale.kind === "percentile" && scale.down ? "down" : scale.kind;
  return (
    <>
      <Line label={t("standing.scale")}>
        {(id) => (
          <Select
            id={id}
            className={admin.wide}
            value={value}
            onChange={(next: string) =>
              onChange(
                next === "down"
                  ? { kind: "percentile", down: true }
                  : next === "bands"
                    ? { kind: "bands", bands: [{ from: 1, points: 100 }] }
                    : next === "linear"
                      ? { kind: "linear", low: 0, high: 100 }
                      : next === "options"
                        ? { kind: "options", options: {} }
                        : { kind: "percentile" },
              )
            }
            options={[
              { value: "percentile", label: t("standing.scale.percentile") },
              { value: "down", label: t("standing.scale.percentile.down") },
              ...SCALES.slice(1).map((one) => ({ value: one, label: t(`standing.scale.${one}`) })),
            ]}
          />
        )}
      </Line>
      {scale.kind === "bands" && (
        <div className={styles.bands}>
          {bands.map((band, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: bands have no name and stay in order
            <div key={at} className={styles.band}>
              <InputNumber
                value={band.from}
                prefix={t("standing.band.from")}
                aria-label={t("standing.band.from")}
                onChange={(from) =>
                  onChange({ ...scale, bands: bands.map((one, i) => (i === at ? { ...one, from: from ?? 0 } : one)) })
                }
              />
              <InputNumber
                min={0}
                max={100}
                value={band.points}
                prefix={t("standing.band.points")}
                aria-label={t("standing.band.points")}
                onChange={(points) =>
                  onChange({
                    ...scale,
                    bands: bands.map((one, i) => (i === at ? { ...one, points: points ?? 0 } : one)),
                  })
                }
              />
              <IconButton
                small
                icon={<Trash2 />}
                label={t("standing.factor.remove", { name: String(band.from) })}
                disabled={bands.length < 2}
                onClick={() => onChange({ ...scale, bands: bands.filter((_, i) => i !== at) })}
              />
            </div>
          ))}
          <AddRow
            onClick={() => {
              const last = bands.at(-1);
              onChange({ ...scale, bands: [...bands, { from: (last?.from ?? 0) + 1, points: last?.points ?? 100 }] });
            }}
          >
            {t("standing.band.add")}
          </AddRow>
        </div>
      )}
      {scale.kind === "linear" && (
        <div className={admin.two}>
          <Line label={t("standing.line.low")}>
            {(id) => (
              <InputNumber id={id} value={scale.low ?? 0} onChange={(low) => onChange({ ...scale, low: low ?? 0 })} />
            )}
          </Line>
          <Line label={t("standing.line.high")}>
            {(id) => (
              <InputNumber
                id={id}
                value={scale.high ?? 100}
                onChange={(high) => onChange({ ...scale, high: high ?? 0 })}
              />
            )}
          </Line>
        </div>
      )}
      {scale.kind === "options" && (
        <div className={styles.bands}>
          {(field?.options ?? []).map((option) => (
            <div key={option.name} className={styles.band}>
              <span>{label(option.label, option.name)}</span>
              <InputNumber
                min={0}
                max={100}
                value={scale.options?.[option.name] ?? 0}
                aria-label={`${t("standing.band.points")} · ${label(option.label, option.name)}`}
                onChange={(points) => onChange({ ...scale, options: { ...scale.options, [option.name]: points ?? 0 } })}
              />
            </div>
          ))}
        </div>
      )}
    </>
  );
}
