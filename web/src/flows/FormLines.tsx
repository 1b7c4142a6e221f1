/** What a form asks for: its fields in their order, each in both languages, with what a choice offers and when it is asked. */
import { ArrowDown, ArrowUp, Eye, Plus, X } from "lucide-react";
import { useState } from "react";
import { Toggle } from "../admin/Table";
import { useLabel, useLanguage, useT } from "../i18n";
import { type Field, type Label, looseField } from "../schema/catalog";
import { IconButton, TextBox, TextInput } from "../ui";
import { Select } from "../ui/antd";
import FlowForm from "./FlowForm";
import styles from "./flows.module.css";
import type { InputProps } from "./inputs/common";

type Said = Record<string, string>;

interface Option {
  name: string;
  label?: Said;
}

interface Row {
  name: string;
  type?: string;
  label?: Said | string;
  help?: Said;
  required?: boolean;
  options?: Option[];
  when?: { field: string; op: "eq" | "in"; value: unknown } | null;
}

/** Types of fields, and the engine's type of each. */
const TYPES = {
  text: "text",
  long_text: "longtext",
  email: "email",
  phone: "phone",
  url: "url",
  number: "decimal",
  date: "date",
  boolean: "boolean",
  select: "select",
  multi_select: "multiselect",
  user: "user",
} as const;
type Type = keyof typeof TYPES;

const typeOf = (row: Row): Type => (row.type && row.type in TYPES ? row.type : "text") as Type;
const choosing = (row: Row): boolean => ["select", "multi_select"].includes(typeOf(row));
const saidOf = (value: Row["label"]): Said => (typeof value === "string" ? { en: value, zh: value } : (value ?? {}));

const NAMES = { zh: "中文", en: "English" } as const;

/** A text in both languages, the reader's first; null when neither has one. */
export function TwoTexts(props: {
  id?: string;
  value: unknown;
  long?: boolean;
  label: string;
  /** It has just been added: the keyboard goes on in it. */
  fresh?: boolean;
  onChange: (value: Said | null) => void;
}) {
  const languages = useLanguage().language === "zh" ? (["zh", "en"] as const) : (["en", "zh"] as const);
  const now = (props.value !== null && typeof props.value === "object" ? props.value : {}) as Said;
  const Box = props.long ? TextBox : TextInput;
  const set = (language: string, said: string) => {
    const next = { ...now, [language]: said };
    if (!said) delete next[language];
    props.onChange(Object.keys(next).length ? next : null);
  };
  return (
    <div className={props.long ? styles.rows : styles.two}>
      {languages.map((language, n) => (
        <Box
          key={language}
          id={n === 0 ? props.id : undefined}
          aria-label={`${props.label} · ${NAMES[language]}`}
          placeholder={NAMES[language]}
          lang={language}
          autoFocus={n === 0 && props.fresh}
          value={now[language] ?? ""}
          onChange={(event: { target: { value: string } }) => set(language, event.target.value)}
        />
      ))}
    </div>
  );
}

/** The fields as whoever fills in the form sees them. */
export const fieldsOf = (rows: Row[]): Field[] =>
  rows.map((row) =>
    looseField({
      name: row.name,
      type: TYPES[typeOf(row)],
      label: (Object.keys(saidOf(row.label)).length ? saidOf(row.label) : { en: row.name }) as Label,
      help: row.help as Label | undefined,
      required: row.required === true,
      options: (row.options ?? []).map((one) => ({
        name: one.name,
        label: (one.label ?? { en: one.name }) as Label,
        color: "",
        active: true,
      })),
      target: typeOf(row) === "user" ? "user" : null,
      config: row.when ? { when: row.when } : {},
    }),
  );

/** Names for what is added, and which was added last. */
function useAdded(rows: { name: string }[]): [added: (stem: string) => string, fresh: string | undefined] {
  const [fresh, setFresh] = useState<string>();
  const added = (stem: string) => {
    let n = 1;
    while (rows.some((row) => row.name === `${stem}${n}`)) n += 1;
    setFresh(`${stem}${n}`);
    return `${stem}${n}`;
  };
  return [added, fresh];
}

export function FormLines({ id, value, onChange }: Pick<InputProps, "id" | "value" | "onChange">) {
  const t = useT();
  const label = useLabel();
  const [preview, setPreview] = useState(false);
  const rows = (Array.isArray(value) ? value : []).filter((one) => one && typeof one === "object") as Row[];
  const [added, fresh] = useAdded(rows);
  const move = (at: number, by: number) => onChange(rows.toSpliced(at, 1).toSpliced(at + by, 0, rows[at] as Row));
  return (
    <div className={styles.rows}>
      {rows.map((row, at) => {
        const called = label(saidOf(row.label) as Label, row.name);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line has no identity but its place
          <fieldset key={at} className={styles.asked} aria-label={called}>
            <div className={styles.askedHead}>
              <b className="ellipsis">{called}</b>
              <IconButton
                small
                icon={<ArrowUp />}
                label={t("flow.form.up", { name: called })}
                disabled={at === 0}
                onClick={() => move(at, -1)}
              />
              <IconButton
                small
                icon={<ArrowDown />}
                label={t("flow.form.down", { name: called })}
                disabled={at === rows.length - 1}
                onClick={() => move(at, 1)}
              />
              <IconButton
                small
                icon={<X />}
                label={t("flow.value.remove", { name: called })}
                onClick={() => onChange(rows.toSpliced(at, 1))}
              />
            </div>
            <OneField
              row={row}
              fresh={row.name === fresh}
              above={rows.slice(0, at)}
              onChange={(part) => {
                const next = rows.with(at, { ...row, ...part });
                // Whoever is asked because of this field goes on to know it by its new name.
                const renamed = (one: Row): Row =>
                  part.name !== undefined && one.when?.field === row.name
                    ? { ...one, when: { ...one.when, field: part.name } }
                    : one;
                onChange(next.map(renamed));
              }}
            />
          </fieldset>
        );
      })}
      <div className={styles.two}>
        <button
          id={id}
          type="button"
          aria-label={t("flow.form.add")}
          className={styles.add}
          onClick={() => onChange([...rows, { name: added("field_"), type: "text" }])}
        >
          <Plus /> {t("flow.form.add")}
        </button>
        {rows.length > 0 && (
          <button type="button" className={styles.add} onClick={() => setPreview(true)}>
            <Eye /> {t("flow.form.preview")}
          </button>
        )}
      </div>
      {preview && (
        <FlowForm
          preview
          form={{ flow: "", name: "", label: { en: t("flow.form.preview") }, input: fieldsOf(rows), when: null }}
          onClose={() => setPreview(false)}
        />
      )}
    </div>
  );
}

interface OneFieldProps {
  row: Row;
  above: Row[];
  fresh: boolean;
  onChange: (part: Partial<Row>) => void;
}

function OneField({ row, above, fresh, onChange }: OneFieldProps) {
  const t = useT();
  const label = useLabel();
  const askers = above.filter((one) => ["select", "boolean"].includes(typeOf(one)));
  const asker = askers.find((one) => one.name === row.when?.field);
  return (
    <>
      <TwoTexts
        label={t("flow.form.label")}
        fresh={fresh}
        value={saidOf(row.label)}
        onChange={(said) => onChange({ label: said ?? undefined })}
      />
      <div className={styles.two}>
        <Select
          aria-label={t("flow.form.type")}
          value={typeOf(row)}
          options={(Object.keys(TYPES) as Type[]).map((one) => ({ value: one, label: t(`flow.form.${one}`) }))}
          onChange={(type: Type) =>
            onChange({ type, options: choosing({ ...row, type }) ? (row.options ?? []) : undefined })
          }
        />
        <Toggle
          label={t("record.required")}
          checked={row.required === true}
          onChange={(required) => onChange({ required: required || undefined })}
        />
      </div>
      {choosing(row) && <Options options={row.options ?? []} onChange={(options) => onChange({ options })} />}
      <details className={styles.more}>
        <summary>{t("flow.form.more")}</summary>
        <div className={styles.rows}>
          <TwoTexts
            label={t("flow.form.help")}
            value={row.help}
            onChange={(help) => onChange({ help: help ?? undefined })}
          />
          <TextInput
            aria-label={t("flow.form.name")}
            value={row.name}
            maxLength={40}
            onChange={(event) => onChange({ name: event.target.value.toLowerCase().replace(/[^a-z0-9_]/g, "_") })}
          />
          {(askers.length > 0 || row.when) && (
            <Select
              aria-label={t("flow.form.when")}
              allowClear
              placeholder={t("flow.form.always")}
              value={asker?.name ?? row.when?.field ?? null}
              options={askers.map((one) => ({
                value: one.name,
                label: t("flow.form.when.field", { name: label(saidOf(one.label) as Label, one.name) }),
              }))}
              onChange={(field: string | null) => {
                const of = askers.find((one) => one.name === field);
                if (!field || !of) return onChange({ when: undefined });
                const boolean = typeOf(of) === "boolean";
                onChange({ when: { field, op: boolean ? "eq" : "in", value: boolean ? true : [] } });
              }}
            />
          )}
          {asker && choosing(asker) && (
            <Select
              aria-label={t("flow.form.when.value")}
              placeholder={t("flow.form.when.value")}
              mode="multiple"
              value={([] as unknown[]).concat(row.when?.value ?? []) as string[]}
              options={(asker.options ?? []).map((one) => ({
                value: one.name,
                label: label(one.label as Label | undefined, one.name),
              }))}
              onChange={(chosen: string[]) => onChange({ when: { field: asker.name, op: "in", value: chosen } })}
            />
          )}
        </div>
      </details>
    </>
  );
}

function Options({ options, onChange }: { options: Option[]; onChange: (options: Option[]) => void }) {
  const t = useT();
  const [added, fresh] = useAdded(options);
  return (
    <div className={styles.rows}>
      {options.map((one, at) => (
        <div key={one.name} className={styles.option}>
          <TwoTexts
            label={t("flow.form.option", { n: at + 1 })}
            fresh={one.name === fresh}
            value={one.label}
            onChange={(label) => onChange(options.with(at, { ...one, label: label ?? undefined }))}
          />
          <IconButton
            small
            icon={<X />}
            label={t("flow.value.remove", { name: t("flow.form.option", { n: at + 1 }) })}
            onClick={() => onChange(options.toSpliced(at, 1))}
          />
        </div>
      ))}
      <button type="button" className={styles.add} onClick={() => onChange([...options, { name: added("o") }])}>
        <Plus /> {t("flow.form.option.add")}
      </button>
    </div>
  );
}
