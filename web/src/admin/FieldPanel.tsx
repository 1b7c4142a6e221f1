/** One field: making it, changing it, retiring it; what that does is said before it is done. */
import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Input, InputNumber, Select, Switch } from "antd";
import { Archive, Check, ChevronLeft, Plus, RotateCcw, Trash2, Undo2 } from "lucide-react";
import { useMemo, useState } from "react";
import { useCatalog } from "../api/queries";
import { type Key, useFormat, useLabel, useT } from "../i18n";
import type { Field, Label, ObjectDef } from "../schema/catalog";
import { same } from "../schema/filter";
import { cx, IconButton } from "../ui";
import styles from "./admin.module.css";
import { type CatalogChange, freeName, labelOf, nameFrom, useCatalogChanges } from "./changes";
import { ColorPick, Rows } from "./Rows";
import { Banner, type Faults, faultsOf, Line, NO_FAULTS, Panel } from "./Section";
import { TYPE_ORDER, TypeIcon } from "./types";
import { usesOf } from "./uses";

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
const UNIQUE = new Set(["text", "integer", "email", "phone", "url", "autonumber"]);
const LINES = ["label", "name", "help", "options", "target", "config", "type", "required", "unique"];

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
  return (
    <FieldForm
      key={`${field.name} ${JSON.stringify(start)}`}
      object={object}
      field={field}
      start={start}
      onClose={onClose}
    />
  );
}

interface FormProps extends PanelProps {
  field?: Field;
  start: Draft;
  onBack?: () => void;
}

function FieldForm({ object, field, start, onClose, onDone, onBack }: FormProps) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const { apply } = useCatalogChanges();
  const [draft, setDraft] = useState(start);
  const [faults, setFaults] = useState<Faults>(NO_FAULTS);
  const [busy, setBusy] = useState(false);
  const set = (part: Partial<Draft>) => {
    setDraft({ ...draft, ...part });
    setFaults(NO_FAULTS);
  };
  const type = catalog.types.find((one) => one.name === draft.type);
  const title = field ? label(field.label, field.name) : t("admin.field.new");
  const change = field ? toChange(draft, field, object) : null;
  const named = Boolean(draft.en.trim() || draft.zh.trim());
  const ready = named && (!LINKS.has(draft.type) || draft.target) && (!field || change);
  const next: CatalogChange[] = !ready
    ? []
    : field
      ? [(change as [CatalogChange, CatalogChange])[0]]
      : [toAdd(draft, object)];
  const locked = field && (field.system || field.of !== null);

  const run = async (changes: CatalogChange[], done: string, back: CatalogChange[]) => {
    setBusy(true);
    try {
      await apply(changes, done, back);
      return true;
    } catch (reason) {
      setFaults(faultsOf(reason, LINES.concat(nameOf(draft, object)), t("shell.offline")));
      return false;
    } finally {
      setBusy(false);
    }
  };
  const save = async () => {
    if (!ready || busy) return;
    const shown = label(labelOf(draft.en, draft.zh));
    if (field && change) await run([change[0]], t("admin.field.changed", { name: shown }), [change[1]]);
    else {
      const name = nameOf(draft, object);
      const back = [{ op: "retire_field", object: object.name, field: name }];
      if (await run(next, t("admin.field.added", { name: shown }), back)) onDone?.(name);
    }
  };
  const retire = async () => {
    if (!field) return;
    const at = { object: object.name, field: field.name };
    const gone = await run([{ op: "retire_field", ...at }], t("admin.field.retired", { name: title }), [
      { op: "restore_field", ...at },
    ]);
    if (gone) onClose();
  };

  return (
    <Panel
      title={title}
      extra={field ? <code className={styles.mono}>{field.name}</code> : undefined}
      onClose={onClose}
      foot={
        locked ? undefined : (
          <>
            <p className={styles.footNote}>
              <Undo2 aria-hidden />
              {t("admin.field.undo")}
            </p>
            <Button className={styles.grow} type="primary" disabled={!ready} loading={busy} onClick={() => void save()}>
              {field ? (change ? t("admin.apply") : t("admin.unchanged")) : t("admin.field.add")}
            </Button>
            {field?.custom && (
              <Button danger icon={<Archive />} disabled={busy} onClick={() => void retire()}>
                {t("admin.field.retire")}
              </Button>
            )}
          </>
        )
      }
    >
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Banner messages={faults.others} />
        <div className={styles.switch}>
          {onBack && <IconButton small icon={<ChevronLeft />} label={t("admin.field.otherType")} onClick={onBack} />}
          <span className={styles.type} style={{ minHeight: 26 }}>
            <TypeIcon type={draft.type} />
            {label(type?.label, draft.type)}
            {draft.target && field && (
              <span className={styles.soft}>→ {label(catalog.object(draft.target)?.label)}</span>
            )}
          </span>
        </div>
        {locked && <p className={styles.help}>{t("admin.field.system")}</p>}
        <div className={styles.two}>
          <Line label={t("admin.label.en")} error={faults.fields.label}>
            {(id) => (
              <Input
                id={id}
                value={draft.en}
                maxLength={120}
                autoFocus={!field}
                disabled={locked}
                status={faults.fields.label ? "error" : undefined}
                onChange={(event) => set({ en: event.target.value })}
              />
            )}
          </Line>
          <Line label={t("admin.label.zh")}>
            {(id) => (
              <Input
                id={id}
                lang="zh"
                value={draft.zh}
                maxLength={120}
                disabled={locked}
                onChange={(event) => set({ zh: event.target.value })}
              />
            )}
          </Line>
        </div>
        {!field && (
          <Line
            label={t("admin.apiName")}
            help={t("admin.apiName.help")}
            error={faults.fields.name ?? faults.fields[nameOf(draft, object)]}
          >
            {(id) => (
              <Input
                id={id}
                className={styles.mono}
                value={draft.name}
                placeholder={named ? nameOf(draft, object) : ""}
                maxLength={40}
                onChange={(event) => set({ name: event.target.value.trim() })}
              />
            )}
          </Line>
        )}
        {LINKS.has(draft.type) && !field && (
          <Line label={t("admin.field.target")} required error={faults.fields.target}>
            {(id) => (
              <Select
                id={id}
                style={{ width: "100%" }}
                showSearch={{ optionFilterProp: "label" }}
                value={draft.target}
                onChange={(target: string) => set({ target })}
                options={catalog.objects.map((one) => ({ value: one.name, label: label(one.label, one.name) }))}
              />
            )}
          </Line>
        )}
        {CHOICES.has(draft.type) && (
          <Options rows={draft.options} onChange={(options) => set({ options })} fault={faults.fields.options} />
        )}
        <Config
          draft={draft}
          fixed={Boolean(field)}
          onChange={(config) => set({ config })}
          fault={faults.fields.config}
        />
        {!locked && (
          <>
            <div className={styles.switch}>
              <Switch
                size="small"
                checked={draft.required}
                disabled={field && !field.custom && field.required}
                onChange={(required) => set({ required })}
                aria-label={t("admin.field.required")}
              />
              <span>
                {t("admin.field.required")}
                <small>{t("admin.field.required.help")}</small>
              </span>
            </div>
            {UNIQUE.has(draft.type) && (
              <div className={styles.switch}>
                <Switch
                  size="small"
                  checked={draft.unique}
                  disabled={field && !field.custom && field.unique}
                  onChange={(unique) => set({ unique })}
                  aria-label={t("admin.field.unique")}
                />
                <span>
                  {t("admin.field.unique")}
                  <small>{t("admin.field.unique.help")}</small>
                </span>
              </div>
            )}
            <div className={styles.two}>
              <Line label={t("admin.help.en")}>
                {(id) => (
                  <Input.TextArea
                    id={id}
                    autoSize={{ minRows: 1, maxRows: 4 }}
                    value={draft.helpEn}
                    maxLength={500}
                    onChange={(event) => set({ helpEn: event.target.value })}
                  />
                )}
              </Line>
              <Line label={t("admin.help.zh")}>
                {(id) => (
                  <Input.TextArea
                    id={id}
                    lang="zh"
                    autoSize={{ minRows: 1, maxRows: 4 }}
                    value={draft.helpZh}
                    maxLength={500}
                    onChange={(event) => set({ helpZh: event.target.value })}
                  />
                )}
              </Line>
            </div>
          </>
        )}
        {field && <Touches object={object} field={field} />}
        {next.length > 0 && <PlanPreview changes={next} />}
      </form>
    </Panel>
  );
}

function Options({
  rows,
  onChange,
  fault,
}: {
  rows: OptionRow[];
  onChange: (rows: OptionRow[]) => void;
  fault?: string;
}) {
  const t = useT();
  const [next, setNext] = useState(1);
  const set = (key: string, part: Partial<OptionRow>) =>
    onChange(rows.map((row) => (row.key === key ? { ...row, ...part } : row)));
  const add = () => {
    onChange([...rows, { key: `new ${next}`, name: null, en: "", zh: "", color: "", active: true }]);
    setNext(next + 1);
  };
  const shown = (row: OptionRow) => row.en || row.zh || row.name || t("admin.option");
  return (
    <div>
      <div className={styles.caption}>{t("admin.options")}</div>
      {rows.length > 0 && (
        <Rows
          rows={rows}
          onMove={onChange}
          name={shown}
          faded={(row) => !row.active}
          render={(row, at) => (
            <>
              <ColorPick color={row.color} name={shown(row)} onChange={(color) => set(row.key, { color })} />
              <Input
                size="small"
                variant="borderless"
                value={row.en}
                placeholder={t("admin.option.en")}
                aria-label={t("admin.option.at.en", { n: at + 1 })}
                autoFocus={row.name === null && !row.en && !row.zh}
                onChange={(event) => set(row.key, { en: event.target.value })}
                onPressEnter={(event) => {
                  event.preventDefault();
                  add();
                }}
              />
              <Input
                size="small"
                variant="borderless"
                lang="zh"
                value={row.zh}
                placeholder={t("admin.option.zh")}
                aria-label={t("admin.option.at.zh", { n: at + 1 })}
                onChange={(event) => set(row.key, { zh: event.target.value })}
                onPressEnter={(event) => {
                  event.preventDefault();
                  add();
                }}
              />
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
      <button type="button" className={styles.addRow} onClick={add}>
        <Plus />
        {t("admin.option.add")}
      </button>
      {fault && (
        <p className={styles.fault} role="alert">
          {fault}
        </p>
      )}
    </div>
  );
}

/** Settings of a type that people ask for; what a type does not have is not shown. */
function Config({
  draft,
  fixed,
  onChange,
  fault,
}: {
  draft: Draft;
  fixed: boolean;
  onChange: (config: Record<string, unknown>) => void;
  fault?: string;
}) {
  const t = useT();
  const set = (name: string, value: unknown) => {
    const { [name]: _old, ...rest } = draft.config;
    onChange(value === null || value === undefined || value === "" ? rest : { ...rest, [name]: value });
  };
  const number = (name: string) => draft.config[name] as number | null | undefined;
  switch (draft.type) {
    case "decimal":
    case "money":
    case "percent":
      return (
        <Line label={t("admin.config.scale")} error={fault}>
          {(id) => (
            <InputNumber
              id={id}
              min={0}
              max={6}
              precision={0}
              disabled={fixed}
              value={number("scale")}
              placeholder="2"
              onChange={(value) => set("scale", value)}
            />
          )}
        </Line>
      );
    case "rating":
      return (
        <Line label={t("admin.config.stars")} error={fault}>
          {(id) => (
            <InputNumber
              id={id}
              min={2}
              max={10}
              precision={0}
              value={number("max")}
              placeholder="5"
              onChange={(value) => set("max", value)}
            />
          )}
        </Line>
      );
    case "autonumber":
      return (
        <Line label={t("admin.config.pattern")} help={t("admin.config.pattern.help")} error={fault}>
          {(id) => (
            <Input
              id={id}
              className={styles.mono}
              value={(draft.config.pattern as string | undefined) ?? ""}
              placeholder="NO-{0000}"
              onChange={(event) => set("pattern", event.target.value)}
            />
          )}
        </Line>
      );
    case "file":
      return (
        <Checkbox
          checked={draft.config.image === true}
          onChange={(event) => set("image", event.target.checked || null)}
        >
          {t("admin.config.image")}
        </Checkbox>
      );
    case "duration":
      return (
        <Line label={t("admin.config.unit")} error={fault}>
          {(id) => (
            <Select
              id={id}
              style={{ width: "100%" }}
              value={(draft.config.unit as string | undefined) ?? "minutes"}
              onChange={(unit: string) => set("unit", unit)}
              options={["seconds", "minutes", "hours"].map((unit) => ({
                value: unit,
                label: t(`admin.config.unit.${unit}` as Key),
              }))}
            />
          )}
        </Line>
      );
    default:
      return fault ? (
        <p className={styles.fault} role="alert">
          {fault}
        </p>
      ) : null;
  }
}

/** What shows this field, and goes on doing so. */
function Touches({ object, field }: { object: ObjectDef; field: Field }) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const uses = usesOf(catalog, object, field);
  if (uses.total === 0) return null;
  const lines: [string, number][] = [
    [t("admin.uses.views", { n: uses.views.length }), uses.views.length],
    [t("admin.uses.form", { n: uses.sections }), uses.sections],
    [t("admin.uses.stages", { n: uses.stages }), uses.stages],
  ];
  return (
    <div>
      <h3>{t("admin.uses")}</h3>
      <ul className={styles.list} style={{ marginTop: 4 }}>
        {lines
          .filter(([, n]) => n > 0)
          .map(([line], at) => (
            <li key={line} className={styles.ok}>
              <Check aria-hidden />
              <span>
                {line}
                {at === 0 && uses.views.length > 0 && (
                  <span className={styles.soft}>
                    {" "}
                    {uses.views.map((view) => label(view.label, view.name)).join(t("record.comma"))}
                  </span>
                )}
              </span>
            </li>
          ))}
      </ul>
    </div>
  );
}

/** Asks the server what it would do, once typing has stopped. */
export function PlanPreview({ changes }: { changes: CatalogChange[] }) {
  const t = useT();
  const f = useFormat();
  const { look } = useCatalogChanges();
  const asked = JSON.stringify(changes);
  const { data, error, isFetching } = useQuery({
    queryKey: ["catalog-plan", asked],
    queryFn: async ({ signal }) => {
      await new Promise((resolve) => setTimeout(resolve, 350));
      if (signal.aborted) return null;
      return look(changes);
    },
    retry: false,
    staleTime: 10_000,
    gcTime: 10_000,
  });
  const steps = data?.plan ?? [];
  return (
    <div aria-live="polite">
      <h3>{t("admin.plan")}</h3>
      <ul className={styles.list} style={{ marginTop: 4 }}>
        {error ? (
          <li className={styles.warn}>{error.message}</li>
        ) : isFetching && !data ? (
          <li>{t("admin.plan.looking")}</li>
        ) : steps.length === 0 ? (
          <li className={styles.ok}>
            <Check aria-hidden />
            {t("admin.plan.none")}
          </li>
        ) : (
          steps.map(({ step, later }) => (
            <li key={step} className={styles.ok}>
              <Check aria-hidden />
              <span>
                {sayStep(step, t)}
                {later && <span className={styles.soft}> · {t("admin.plan.later")}</span>}
              </span>
            </li>
          ))
        )}
      </ul>
      {data && steps.length > 0 && (
        <p className={cx(styles.help)}>{t("admin.plan.version", { n: f.number(data.version) })}</p>
      )}
    </div>
  );
}

/** A step of the plan in the reader's words; the database's own names stay as they are. */
function sayStep(step: string, t: ReturnType<typeof useT>): string {
  const [verb, ...rest] = step.split(" ");
  const what = rest[rest.length - 1] ?? "";
  const known: Record<string, Key> = {
    add: "admin.plan.add",
    create: "admin.plan.create",
    retire: "admin.plan.retire",
    restore: "admin.plan.restore",
    index: "admin.plan.index",
    number: "admin.plan.number",
    drop: "admin.plan.drop",
  };
  const key = known[verb ?? ""];
  return key ? t(key, { what }) : step;
}
