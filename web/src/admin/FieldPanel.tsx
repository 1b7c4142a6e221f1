/** One field: making it, changing it, retiring it; what that does is said before it is done. */
import { Archive, ChevronLeft, RotateCcw, Trash2, Undo2 } from "lucide-react";
import { useMemo, useState } from "react";
import { useCatalog } from "../api/queries";
import { type Key, type T, useLabel, useT } from "../i18n";
import type { Field, Label, ObjectDef } from "../schema/catalog";
import { same } from "../schema/filter";
import { Button, IconButton, TextInput } from "../ui";
import { Checkbox } from "../ui/antd";
import styles from "./admin.module.css";
import { ChangeType, turnable } from "./ChangeType";
import { FormulaEditor, RollupEditor } from "./Computed";
import { type CatalogChange, freeName, labelOf, nameFrom, useCatalogChanges } from "./changes";
import { DependsOn } from "./Depends";
import { controllers } from "./depends";
import { bilingual, Control, type Form, FormPanel, type LineOf, useForm } from "./Form";
import { Consequences, PlanPreview, Touches, useLooked } from "./Plan";
import { AddRow, ColorPick, Rows } from "./Rows";
import { Panel } from "./Section";
import { Toggle } from "./Table";
import { TYPE_ORDER, TypeIcon } from "./types";

interface OptionRow {
  key: string;
  /** Set for an option that there is already. */
  name: string | null;
  en: string;
  zh: string;
  color: string;
  active: boolean;
}

interface Draft {
  type: string;
  /** Empty: made from the label. */
  name: string;
  en: string;
  zh: string;
  helpEn: string;
  helpZh: string;
  required: boolean;
  unique: boolean;
  options: OptionRow[];
  target: string | null;
  config: Record<string, unknown>;
}

type ServerOption = Field["options"][number] & { active?: boolean };

const text = (label: Label | undefined, language: string): string => label?.[language] ?? "";

const rowsOf = (field: Field): OptionRow[] =>
  field.options.map((option) => ({
    key: option.name,
    name: option.name,
    en: text(option.label, "en"),
    zh: text(option.label, "zh"),
    color: option.color ?? "",
    active: (option as ServerOption).active !== false && !option.retired,
  }));

const draftOf = (field: Field): Draft => ({
  type: field.type,
  name: field.name,
  en: text(field.label, "en"),
  zh: text(field.label, "zh"),
  helpEn: text(field.help, "en"),
  helpZh: text(field.help, "zh"),
  required: field.required,
  unique: field.unique,
  options: rowsOf(field),
  target: field.target,
  config: field.config,
});

const EMPTY: Omit<Draft, "type"> = {
  name: "",
  en: "",
  zh: "",
  helpEn: "",
  helpZh: "",
  required: false,
  unique: false,
  options: [],
  target: null,
  config: {},
};

const CHOICES = new Set(["select", "multiselect"]);
const LINKS = new Set(["link", "links"]);
const COMPUTED = new Set(["formula", "rollup"]);
const UNIQUE = new Set(["text", "integer", "email", "phone", "url", "autonumber"]);
const PLACES = ["label", "help", "type"];

/** Options as they are written; a new one is named by its English label, or by its Chinese one. */
function optionsOf(rows: OptionRow[]): Record<string, unknown>[] {
  const taken = new Set(rows.map((row) => row.name).filter((name): name is string => name !== null));
  return rows
    .filter((row) => row.name !== null || row.en.trim() || row.zh.trim())
    .map((row) => {
      const name = row.name ?? freeName(nameFrom(row.en) || row.zh.trim() || row.en.trim(), taken);
      taken.add(name);
      return { name, label: labelOf(row.en, row.zh), color: row.color, active: row.active };
    });
}

function nameOf(draft: Draft, object: ObjectDef): string {
  if (draft.name) return draft.name;
  const taken = object.fields.map((field) => field.name);
  return freeName(nameFrom(draft.en) || nameFrom(draft.zh) || `field_${draft.type}`, taken);
}

/** The change that makes this field. */
function toAdd(draft: Draft, object: ObjectDef): CatalogChange {
  const help = labelOf(draft.helpEn, draft.helpZh);
  return {
    op: "add_field",
    object: object.name,
    name: nameOf(draft, object),
    type: draft.type,
    label: labelOf(draft.en, draft.zh),
    ...(Object.keys(help).length ? { help } : {}),
    ...(draft.required ? { required: true } : {}),
    ...(draft.unique ? { unique: true } : {}),
    ...(CHOICES.has(draft.type) ? { options: optionsOf(draft.options) } : {}),
    ...(LINKS.has(draft.type) ? { target: draft.target } : {}),
    ...(Object.keys(draft.config).length ? { config: draft.config } : {}),
  };
}

/** What differs from the field as it is, as a change and as the change that takes it back; null when nothing does. */
function toChange(draft: Draft, field: Field, object: ObjectDef): [CatalogChange, CatalogChange] | null {
  const before = draftOf(field);
  const next: Record<string, unknown> = {};
  const back: Record<string, unknown> = {};
  const label = labelOf(draft.en, draft.zh);
  if (!same(label, labelOf(before.en, before.zh))) [next.label, back.label] = [label, field.label];
  const help = labelOf(draft.helpEn, draft.helpZh);
  if (!same(help, labelOf(before.helpEn, before.helpZh))) [next.help, back.help] = [help, field.help];
  for (const flag of ["required", "unique"] as const)
    if (draft[flag] !== before[flag]) [next[flag], back[flag]] = [draft[flag], before[flag]];
  if (CHOICES.has(field.type)) {
    const [options, old] = [optionsOf(draft.options), optionsOf(before.options)];
    if (!same(options, old)) [next.options, back.options] = [options, old];
  }
  if (!same(draft.config, before.config)) [next.config, back.config] = [draft.config, before.config];
  if (Object.keys(next).length === 0) return null;
  const op = { op: "change_field", object: object.name, field: field.name };
  return [
    { ...op, ...next },
    { ...op, ...back },
  ];
}

interface PanelProps {
  object: ObjectDef;
  onClose: () => void;
  onDone?: (name: string) => void;
}

/** First the type, then the field. */
export function NewField({ object, onClose, onDone }: PanelProps) {
  const t = useT();
  const [draft, setDraft] = useState<Draft | null>(null);
  const catalog = useCatalog();
  const label = useLabel();
  const types = catalog.types
    .filter((type) => type.custom && type.name !== "json")
    .sort((a, b) => TYPE_ORDER.indexOf(a.name) - TYPE_ORDER.indexOf(b.name));
  if (draft)
    return <FieldForm object={object} start={draft} onClose={onClose} onDone={onDone} onBack={() => setDraft(null)} />;
  return (
    <Panel title={t("admin.field.new")} onClose={onClose}>
      <p className={styles.help}>{t("admin.field.what")}</p>
      <div className={styles.types}>
        {types.map((type) => (
          <button
            key={type.name}
            type="button"
            className={styles.typeButton}
            onClick={() => setDraft({ ...EMPTY, type: type.name })}
          >
            <TypeIcon type={type.name} />
            {label(type.label, type.name)}
          </button>
        ))}
      </div>
    </Panel>
  );
}

export function EditField({ object, field, onClose }: PanelProps & { field: Field }) {
  const start = useMemo(() => draftOf(field), [field]);
  const [turning, setTurning] = useState(false);
  if (turning) return <ChangeType object={object} field={field} onClose={() => setTurning(false)} />;
  return (
    <FieldForm
      key={`${field.name} ${JSON.stringify(start)}`}
      object={object}
      field={field}
      start={start}
      onClose={onClose}
      onTurn={turnable(field) ? () => setTurning(true) : undefined}
    />
  );
}

interface FormProps extends PanelProps {
  field?: Field;
  start: Draft;
  onBack?: () => void;
  onTurn?: () => void;
}

function FieldForm({ object, field, start, onClose, onDone, onBack, onTurn }: FormProps) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const { apply } = useCatalogChanges();
  const form = useForm(start, (now) => [...PLACES, nameOf(now, object)]);
  const { draft } = form;
  const type = catalog.types.find((one) => one.name === draft.type);
  const title = field ? label(field.label, field.name) : t("admin.field.new");
  const change = field ? toChange(draft, field, object) : null;
  const named = Boolean(draft.en.trim() || draft.zh.trim());
  const ready = Boolean(named && (!LINKS.has(draft.type) || draft.target) && computable(draft) && (!field || change));
  const next = !ready ? null : change ? change[0] : toAdd(draft, object);
  const locked = field !== undefined && (field.system || field.of !== null);

  // What retiring means is said before it is done; changing anything else leads back.
  const [leaving, setLeaving] = useState<Draft | null>(null);
  const going = field !== undefined && leaving === draft;
  const retiring = going ? [{ op: "retire_field", object: object.name, field: field.name }] : null;
  const looked = useLooked(retiring);

  const save = async () => {
    if (going) return retire();
    const shown = label(labelOf(draft.en, draft.zh));
    if (change) return apply([change[0]], t("admin.field.changed", { name: shown }), [change[1]]);
    const name = nameOf(draft, object);
    const back = [{ op: "retire_field", object: object.name, field: name }];
    await apply([toAdd(draft, object)], t("admin.field.added", { name: shown }), back);
    onDone?.(name);
  };
  const retire = async () => {
    const at = { object: object.name, field: field?.name };
    const back = [{ op: "restore_field", ...at }];
    await apply([{ op: "retire_field", ...at }], t("admin.field.retired", { name: title }), back);
    onClose();
  };
  return (
    <FormPanel
      form={form}
      title={title}
      extra={field ? <code className={styles.mono}>{field.name}</code> : undefined}
      onClose={onClose}
      submit={
        locked
          ? undefined
          : t(going ? "admin.retire.do" : field ? (change ? "admin.apply" : "admin.unchanged") : "admin.field.add")
      }
      ready={going ? looked : ready}
      onSubmit={save}
      says={
        retiring ? (
          <PlanPreview changes={retiring} />
        ) : (
          next && (
            <>
              {field && <Consequences object={object} field={field} change={next} />}
              <PlanPreview changes={[next]} />
            </>
          )
        )
      }
      note={
        <>
          <Undo2 aria-hidden />
          {t("admin.field.undo")}
        </>
      }
      acts={
        field?.custom && (
          <Button
            danger={!going}
            icon={going ? undefined : <Archive />}
            disabled={form.busy}
            onClick={() => setLeaving(going ? null : draft)}
          >
            {t(going ? "shell.cancel" : "admin.field.retire")}
          </Button>
        )
      }
      before={
        <>
          <div className={styles.switch}>
            {onBack && <IconButton small icon={<ChevronLeft />} label={t("admin.field.otherType")} onClick={onBack} />}
            <span className={styles.type}>
              <TypeIcon type={draft.type} />
              {label(type?.label, draft.type)}
              {draft.target && field && (
                <span className={styles.soft}>→ {label(catalog.object(draft.target)?.label)}</span>
              )}
            </span>
            {onTurn && (
              <Button size="small" onClick={onTurn}>
                {t("admin.turn")}
              </Button>
            )}
          </div>
          {locked && <p className={styles.help}>{t("admin.field.system")}</p>}
        </>
      }
      lines={[
        ...bilingual(["en", "zh"], [t("admin.label.en"), t("admin.label.zh")], {
          faults: ["label"],
          autoFocus: !field,
          disabled: locked,
        }),
        !field && {
          name: "name",
          label: t("admin.apiName"),
          help: t("admin.apiName.help"),
          kind: "code",
          faults: [nameOf(draft, object)],
          placeholder: named ? nameOf(draft, object) : "",
          max: 40,
        },
        LINKS.has(draft.type) &&
          !field && {
            name: "target",
            label: t("admin.field.target"),
            required: true,
            options: catalog.objects.map((one) => ({ value: one.name, label: label(one.label, one.name) })),
          },
        CHOICES.has(draft.type) && {
          name: "options",
          label: t("admin.options"),
          render: () => <Options rows={draft.options} onChange={(options) => form.set({ options })} />,
        },
        CHOICES.has(draft.type) &&
          field !== undefined &&
          controllers(object, field).length > 0 && {
            name: "name",
            label: t("admin.depends.on"),
            render: () => <DependsOn object={object} field={field} />,
          },
        COMPUTED.has(draft.type)
          ? computedLine(form, object, field, t)
          : configLine(form, field !== undefined, t, [
              { value: "", label: t("admin.config.standard.none") },
              ...Object.entries(catalog.types.find((one) => one.name === "text")?.choices?.standard ?? {}).map(
                ([value, name]) => ({ value, label: label(name) }),
              ),
            ]),
        !locked && !COMPUTED.has(draft.type) && flagLine(form, "required", field, t),
        !locked && UNIQUE.has(draft.type) && flagLine(form, "unique", field, t),
        ...(locked
          ? []
          : bilingual(["helpEn", "helpZh"], [t("admin.help.en"), t("admin.help.zh")], { kind: "area", max: 500 })),
      ]}
    >
      {field && !going && <Touches object={object} field={field} />}
    </FormPanel>
  );
}

/** A rule of the field, on or off. What comes with the program may become stricter, not laxer. */
function flagLine(form: Form<Draft>, name: "required" | "unique", field: Field | undefined, t: T): LineOf<Draft> {
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

function Options({ rows, onChange }: { rows: OptionRow[]; onChange: (rows: OptionRow[]) => void }) {
  const t = useT();
  const [next, setNext] = useState(1);
  const set = (key: string, part: Partial<OptionRow>) =>
    onChange(rows.map((row) => (row.key === key ? { ...row, ...part } : row)));
  const add = () => {
    onChange([...rows, { key: `new ${next}`, name: null, en: "", zh: "", color: "", active: true }]);
    setNext(next + 1);
  };
  const label = useLabel();
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
              {(["en", "zh"] as const).map((language) => (
                <TextInput
                  key={language}
                  size="small"
                  className={styles.bare}
                  lang={language}
                  value={row[language]}
                  placeholder={t(`admin.option.${language}`)}
                  aria-label={t(`admin.option.at.${language}`, { n: at + 1 })}
                  autoFocus={language === "en" && row.name === null && !row.en && !row.zh}
                  onChange={(event) => set(row.key, { [language]: event.target.value })}
                  onPressEnter={(event) => {
                    event.preventDefault();
                    add();
                  }}
                />
              ))}
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
const computable = ({ type, config }: Draft): boolean =>
  type === "formula" ? String(config.expression ?? "").trim() !== "" : type !== "rollup" || Boolean(config.children);

/** What is computed, and how. */
function computedLine(form: Form<Draft>, object: ObjectDef, field: Field | undefined, t: T): LineOf<Draft> {
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
function configLine(
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
    text: { name: "standard", label: "admin.config.standard", help: "admin.config.standard.help", chosen: choices },
  };
  settings.money = settings.percent = settings.decimal as Setting;
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
