/** The lines of a field's form: its options, what it computes, its setting, what a new record begins with, its rules. */
import { Archive, RotateCcw, Trash2 } from "lucide-react";
import { useState } from "react";
import { twin } from "../fields";
import { type Key, type T, useLabel, useLanguage, useT } from "../i18n";
import { type Field, looseField, type ObjectDef } from "../schema/catalog";
import { words } from "../schema/words";
import { IconButton, TextInput } from "../ui";
import { Checkbox } from "../ui/antd";
import styles from "./admin.module.css";
import { FormulaEditor, RollupEditor } from "./Computed";
import { freeName, labelOf, nameFrom } from "./changes";
import { Control, type Form, type LineOf } from "./Form";
import { AddRow, ColorPick, Rows } from "./Rows";
import { Toggle } from "./Table";

export interface OptionRow {
  key: string;
  /** Set for an option that there is already. */
  name: string | null;
  en: string;
  zh: string;
  color: string;
  active: boolean;
}

export interface Draft {
  type: string;
  /** Empty: made from the label. */
  name: string;
  en: string;
  zh: string;
  helpEn: string;
  helpZh: string;
  required: boolean;
  unique: boolean;
  /** Found by the search box. */
  search: boolean;
  /** Filtered and sorted by an index of its own. */
  index: boolean;
  /** What a new record begins with. */
  default: unknown;
  options: OptionRow[];
  target: string | null;
  config: Record<string, unknown>;
}

/** Options as they are written; a new one is named by its English label, or by its Chinese one. */
export function optionsOf(rows: OptionRow[]): Record<string, unknown>[] {
  const taken = new Set(rows.map((row) => row.name).filter((name): name is string => name !== null));
  return rows
    .filter((row) => row.name !== null || row.en.trim() || row.zh.trim())
    .map((row) => {
      const name = row.name ?? freeName(nameFrom(row.en) || row.zh.trim() || row.en.trim(), taken);
      taken.add(name);
      return { name, label: labelOf(row.en, row.zh), color: row.color, active: row.active };
    });
}

/** A rule of the field, on or off. What comes with the program may become stricter, not laxer. */
export function flagLine(
  form: Form<Draft>,
  name: "required" | "unique" | "search" | "index",
  field: Field | undefined,
  t: T,
): LineOf<Draft> {
  return {
    name,
    label: "",
    render: (id) => (
      <Toggle
        id={id}
        label={t(`admin.field.${name}`)}
        help={t(`admin.field.${name}.help`)}
        checked={form.draft[name]}
        disabled={field && !field.custom && field[name]}
        onChange={(on) => form.set({ [name]: on })}
      />
    ),
  };
}

export function Options({ rows, onChange }: { rows: OptionRow[]; onChange: (rows: OptionRow[]) => void }) {
  const t = useT();
  const [next, setNext] = useState(1);
  const set = (key: string, part: Partial<OptionRow>) =>
    onChange(rows.map((row) => (row.key === key ? { ...row, ...part } : row)));
  const add = () => {
    onChange([...rows, { key: `new ${next}`, name: null, en: "", zh: "", color: "", active: true }]);
    setNext(next + 1);
  };
  const label = useLabel();
  const { language: reader } = useLanguage();
  const order = reader === "zh" ? (["zh", "en"] as const) : (["en", "zh"] as const);
  const shown = (row: OptionRow) => label(labelOf(row.en, row.zh)) || row.name || t("admin.option");
  return (
    <div>
      {rows.length > 0 && (
        <Rows
          rows={rows}
          onMove={onChange}
          name={shown}
          faded={(row) => !row.active}
          render={(row, at) => (
            <>
              <ColorPick color={row.color} name={shown(row)} onChange={(color) => set(row.key, { color })} />
              <span className={styles.names}>
                {order.map((language, place) => (
                  <TextInput
                    key={language}
                    size="small"
                    className={styles.bare}
                    lang={language}
                    value={row[language]}
                    placeholder={t(`admin.option.${language}`)}
                    aria-label={t(`admin.option.at.${language}`, { n: at + 1 })}
                    autoFocus={place === 0 && row.name === null && !row.en && !row.zh}
                    onChange={(event) => set(row.key, { [language]: event.target.value })}
                    onPressEnter={(event) => {
                      event.preventDefault();
                      add();
                    }}
                  />
                ))}
              </span>
              {row.name === null ? (
                <IconButton
                  small
                  icon={<Trash2 />}
                  label={t("admin.option.remove", { name: shown(row) })}
                  onClick={() => onChange(rows.filter((one) => one.key !== row.key))}
                />
              ) : (
                <IconButton
                  small
                  icon={row.active ? <Archive /> : <RotateCcw />}
                  label={t(row.active ? "admin.option.retire" : "admin.option.restore", { name: shown(row) })}
                  onClick={() => set(row.key, { active: !row.active })}
                />
              )}
            </>
          )}
        />
      )}
      <AddRow onClick={add}>{t("admin.option.add")}</AddRow>
    </div>
  );
}

/** Whether it says what is to be computed. */
export const computable = ({ type, config }: Draft): boolean =>
  type === "formula" ? String(config.expression ?? "").trim() !== "" : type !== "rollup" || Boolean(config.children);

/** What is computed, and how. */
export function computedLine(form: Form<Draft>, object: ObjectDef, field: Field | undefined, t: T): LineOf<Draft> {
  const { type, config } = form.draft;
  return {
    name: "config",
    label: type === "formula" ? t("admin.formula") : "",
    render: (id) =>
      type === "formula" ? (
        <FormulaEditor
          id={id}
          object={object}
          value={String(config.expression ?? "")}
          onChange={(expression) =>
            form.set({ config: { ...(config.scale ? { scale: config.scale } : {}), expression } })
          }
        />
      ) : (
        <RollupEditor
          id={id}
          object={object}
          config={config}
          fixed={field !== undefined}
          onChange={(next) => form.set({ config: next })}
        />
      ),
  };
}

/** The setting of a type that people ask for, if it has one. */
export function configLine(
  form: Form<Draft>,
  fixed: boolean,
  t: T,
  choices: { value: string; label: string }[],
): LineOf<Draft> | null {
  const { config, type } = form.draft;
  const set = (name: string, value: unknown) => {
    const { [name]: _old, ...rest } = config;
    form.set({ config: value === null || value === undefined || value === "" ? rest : { ...rest, [name]: value } });
  };
  const settings: Record<string, Setting> = {
    decimal: { name: "scale", label: "admin.config.scale", range: [0, 6], placeholder: "2", disabled: fixed },
    rating: { name: "max", label: "admin.config.stars", range: [2, 10], placeholder: "5" },
    autonumber: { name: "pattern", label: "admin.config.pattern", kind: "code", placeholder: "NO-{0000}" },
    duration: { name: "unit", label: "admin.config.unit", options: ["seconds", "minutes", "hours"], start: "minutes" },
    file: { name: "image", label: "admin.config.image", kind: "check" },
    date: { name: "ago", label: "admin.config.ago", kind: "check" },
    text: { name: "standard", label: "admin.config.standard", help: "admin.config.standard.help", chosen: choices },
  };
  settings.money = settings.percent = settings.decimal as Setting;
  settings.datetime = settings.date as Setting;
  const setting = settings[type];
  if (!setting) return null;
  const inner: Form<Record<string, unknown>> = {
    ...form,
    draft: { [setting.name]: config[setting.name] ?? setting.start ?? (setting.range ? null : "") },
    set: (part) => set(setting.name, part[setting.name]),
  };
  const { range, placeholder, disabled } = setting;
  return {
    name: "config",
    label: setting.kind === "check" ? "" : t(setting.label),
    help: setting.help ? t(setting.help) : setting.kind === "code" ? t("admin.config.pattern.help") : undefined,
    render: (id) =>
      setting.kind === "check" ? (
        <Checkbox
          id={id}
          checked={config[setting.name] === true}
          onChange={(event) => set(setting.name, event.target.checked || null)}
        >
          {t(setting.label)}
        </Checkbox>
      ) : (
        <Control
          form={inner}
          id={id}
          line={{
            name: setting.name,
            label: "",
            kind: setting.range ? "number" : "code",
            options:
              setting.chosen ??
              setting.options?.map((value) => ({ value, label: t(`admin.config.unit.${value}` as Key) })),
            range,
            placeholder,
            disabled,
          }}
        />
      ),
  };
}

interface Setting {
  name: string;
  label: Key;
  kind?: "code" | "check";
  range?: [number, number];
  placeholder?: string;
  disabled?: boolean;
  options?: string[];
  chosen?: { value: string; label: string }[];
  help?: Key;
  start?: string;
}

/** Types whose new records may begin with a value that is the same for all. */
const BEGINNING = new Set(words`
  text longtext integer decimal money percent boolean date datetime select multiselect email phone url link user
  rating duration
`);

/** What a new record begins with, in the editor in which the type's values are asked for. */
export function defaultLine(form: Form<Draft>, field: Field | undefined, t: T): LineOf<Draft> | null {
  const { draft } = form;
  if (!BEGINNING.has(draft.type) || (draft.type === "link" && !draft.target)) return null;
  const options = optionsOf(draft.options).filter((one) => one.active !== false) as unknown as Field["options"];
  const { type, target, config } = draft;
  const made = { ...(field ?? looseField({ name: "", type, operators: ["eq"] })), type, target, config, options };
  const { Filter } = twin(made);
  return {
    name: "default",
    label: t("admin.field.default"),
    help: t("admin.field.default.help"),
    render: (id) => (
      <div id={id} role="group" aria-label={t("admin.field.default")}>
        <Filter field={made} op="eq" value={draft.default} onChange={(value) => form.set({ default: value })} />
      </div>
    ),
  };
}
