/** One field: making it, changing it, retiring it; what that does is said before it is done. */
import { Archive, ChevronLeft, Undo2 } from "lucide-react";
import { useMemo, useState } from "react";
import { useCatalog } from "../api/queries";
import { useLabel, useT } from "../i18n";
import type { Field, Label, ObjectDef } from "../schema/catalog";
import { same } from "../schema/filter";
import { Button, IconButton } from "../ui";
import styles from "./admin.module.css";
import { ChangeType, turnable } from "./ChangeType";
import { type CatalogChange, freeName, labelOf, nameFrom, useCatalogChanges, useSpelt } from "./changes";
import { DependsOn } from "./Depends";
import { controllers } from "./depends";
import {
  computable,
  computedLine,
  configLine,
  type Draft,
  defaultLine,
  flagLine,
  type OptionRow,
  Options,
  optionsOf,
} from "./FieldLines";
import { bilingual, FormPanel, useForm } from "./Form";
import { Consequences, PlanPreview, Touches, useLooked } from "./Plan";
import { Panel } from "./Section";
import { TYPE_ORDER, TypeIcon, typeOf } from "./types";

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
  search: field.search,
  index: field.index ?? false,
  default: field.default,
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
  search: false,
  index: false,
  default: null,
  options: [],
  target: null,
  config: {},
};

const CHOICES = new Set(["select", "multiselect"]);
const LINKS = new Set(["link", "links"]);
const COMPUTED = new Set(["formula", "rollup"]);
/** Types that fill themselves in. */
const UNASKED = new Set([...COMPUTED, "autonumber"]);
const UNIQUE = new Set(["text", "integer", "email", "phone", "url", "autonumber"]);
/** Types that the search box looks into. */
const SEARCHED = new Set(["text", "longtext", "email", "phone", "url", "autonumber", "person", "address"]);
/** Types by whose values records are put in order. */
const INDEXED = new Set(["integer", "decimal", "money", "percent", "date", "datetime", "text", "rating", "duration"]);
const FLAGS = ["required", "unique", "search", "index"] as const;
const isNothing = (value: unknown): boolean => value === null || value === undefined || value === "";
const PLACES = ["label", "help", "type"];

function nameOf(draft: Draft, object: ObjectDef): string {
  if (draft.name) return draft.name;
  const taken = [...object.fields, ...(object.retired ?? [])].map((field) => field.name);
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
    ...Object.fromEntries(FLAGS.filter((flag) => draft[flag]).map((flag) => [flag, true])),
    ...(isNothing(draft.default) ? {} : { default: draft.default }),
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
  for (const flag of FLAGS) if (draft[flag] !== before[flag]) [next[flag], back[flag]] = [draft[flag], before[flag]];
  if (CHOICES.has(field.type)) {
    const [options, old] = [optionsOf(draft.options), optionsOf(before.options)];
    if (!same(options, old)) [next.options, back.options] = [options, old];
  }
  const begins = isNothing(draft.default) ? null : draft.default;
  if (!same(begins, before.default)) [next.default, back.default] = [begins, before.default];
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
        {types.map((type, at) => (
          <button
            key={type.name}
            type="button"
            // biome-ignore lint/a11y/noAutofocus: the panel was opened to choose one
            autoFocus={at === 0}
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

export function EditField({ object, field: shown, onClose }: PanelProps & { field: Field }) {
  // Shaped is what stands behind a mask.
  const field = useMemo(() => ({ ...shown, type: typeOf(shown) }), [shown]);
  const start = useMemo(() => draftOf(field), [field]);
  const [turning, setTurning] = useState(false);
  if (turning) return <ChangeType object={object} field={field} onClose={() => setTurning(false)} />;
  return (
    <FieldForm
      key={field.name}
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
  useSpelt(form.draft.zh);
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
        !locked && (!field || field.custom) && defaultLine(form, field, t),
        !locked && !UNASKED.has(draft.type) && flagLine(form, "required", field, t),
        !locked && UNIQUE.has(draft.type) && flagLine(form, "unique", field, t),
        !locked && SEARCHED.has(draft.type) && object.title !== field?.name && flagLine(form, "search", field, t),
        !locked && INDEXED.has(draft.type) && !draft.unique && flagLine(form, "index", field, t),
        ...(locked
          ? []
          : bilingual(["helpEn", "helpZh"], [t("admin.help.en"), t("admin.help.zh")], { kind: "area", max: 500 })),
      ]}
    >
      {field && !going && <Touches object={object} field={field} />}
    </FormPanel>
  );
}
