/** Labelled inputs of a form, in sections, with what is wrong said at each. */
import { AlertTriangle, Lock } from "lucide-react";
import { type ReactNode, useId } from "react";
import { useCatalog } from "../api/queries";
import { isEmpty, twin } from "../fields";
import type { Values } from "../fields/twin";
import { type T, useLabel, useT } from "../i18n";
import type { Catalog, Field, ObjectDef } from "../schema/catalog";
import type { Filter } from "../schema/filter";
import { cx, usePhone } from "../ui";
import { useDescribed } from "../ui/named";
import styles from "./Form.module.css";
import { allows } from "./RecordWhen";
import type { Ruling } from "./useRules";

/** Fields that a person fills in: not the engine's, not parts of others, not read-only. */
export const writable = (field: Field): boolean =>
  !field.system && !field.readonly && !field.of && field.type !== "autonumber" && field.type !== "json";

export interface FormSection {
  label: string;
  fields: Field[];
  /** What the layout leaves out, and whether it names anything: there for who asks. */
  rest?: boolean;
}

type Said = (label: Field["label"]) => string;

/** The layout's sections with these of an object's fields; what no section names comes last. */
export function laidOut(object: ObjectDef, fields: Field[], label: Said, other: string): FormSection[] {
  const left = new Map(fields.map((field) => [field.name, field]));
  const sections: FormSection[] = [];
  for (const section of object.layout.sections) {
    const fields: Field[] = [];
    for (const name of section.fields) {
      const field = left.get(name);
      if (field) fields.push(field);
      left.delete(name);
    }
    if (fields.length) sections.push({ label: label(section.label), fields });
  }
  if (left.size) sections.push({ label: other, fields: [...left.values()], rest: sections.length > 0 });
  return sections;
}

/** Those that can be written. */
export const sectionsOf = (object: ObjectDef, label: Said, other: string): FormSection[] =>
  laidOut(object, object.fields.filter(writable), label, other).map((one) =>
    one.rest === false ? { ...one, label: "" } : one,
  );

/** The sections as the rules have them: without what is hidden, with what is required and locked. */
export function obeying(sections: FormSection[], ruling: Ruling): FormSection[] {
  return sections
    .map((section) => ({
      ...section,
      fields: section.fields
        .filter((field) => !ruling.hidden.has(field.name))
        .map((field) => {
          const required = field.required || ruling.required.has(field.name);
          const locked = field.name in ruling.readonly;
          const allowed = ruling.options[field.name];
          const options = allowed ? field.options.filter((one) => allowed.includes(one.name)) : field.options;
          return required !== field.required || locked || allowed
            ? { ...field, required, readonly: locked, options }
            : field;
        }),
    }))
    .filter((section) => section.fields.length > 0);
}

/** Why fields are locked, at each. */
export const locks = (ruling: Ruling): Record<string, ReactNode> =>
  Object.fromEntries(
    Object.entries(ruling.readonly).map(([name, why]) => [
      name,
      <p key={name} className={styles.locked}>
        <Lock aria-hidden />
        {why}
      </p>,
    ]),
  );

const MACROS = new Set(["now", "today", "$currency"]);

const MOMENTS = ["now", "today"] as const;
const momentOf = (field: Field) => MOMENTS.find((one) => one === field.default);

/** The sections of a new record: what the server begins with a moment need not be filled. */
export const asNew = (sections: FormSection[]): FormSection[] =>
  sections.map((section) => ({
    ...section,
    fields: section.fields.map((field) => (field.required && momentOf(field) ? { ...field, required: false } : field)),
  }));

/** With which moment, said under fields that are left empty. */
export function begins(fields: Field[], values: Values, t: T): Record<string, ReactNode> {
  const notes: Record<string, ReactNode> = {};
  for (const field of fields) {
    const moment = momentOf(field);
    if (moment && isEmpty(values[field.name]) && !field.help?.en)
      notes[field.name] = <p className={styles.help}>{t(`record.begins.${moment}`)}</p>;
  }
  return notes;
}

/** What a new record begins with. */
export function defaultsOf(fields: Field[], catalog: Catalog): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    if (isEmpty(field.default)) {
      const begin = twin(field).initial?.(field, catalog, values);
      if (!isEmpty(begin)) values[field.name] = begin;
      continue;
    }
    // What the server works out itself (now, the workspace's currency) is left to it.
    if (field.default === "$me") values[field.name] = { id: catalog.me.id, title: catalog.me.name };
    else if (typeof field.default !== "string" || !MACROS.has(field.default)) values[field.name] = field.default;
  }
  return values;
}

/** Likewise, with what begins empty: a field beside a choice waits for it to be made. */
export const blankOf = (fields: Field[], catalog: Catalog): Record<string, unknown> => ({
  ...Object.fromEntries(fields.map((field) => [field.name, null])),
  ...defaultsOf(fields, catalog),
});

/** What else changes with a value: what no longer fits beside it begins anew. */
export function followers(fields: Field[], catalog: Catalog, values: Values): Record<string, unknown> {
  const changes: Record<string, unknown> = {};
  for (const field of fields) {
    const { fits, initial } = twin(field);
    const value = values[field.name];
    if (fits && !isEmpty(value) && !fits(value, field, catalog, values))
      changes[field.name] = initial?.(field, catalog, values) ?? null;
  }
  return changes;
}

/** Fields that must be filled beside what is chosen, such as what a stage asks for. */
export function neededBy(fields: Field[], catalog: Catalog, values: Values): Set<string> {
  const names = new Set<string>();
  for (const field of fields) {
    const value = values[field.name];
    if (!isEmpty(value)) for (const name of twin(field).needs?.(value, field, catalog, values) ?? []) names.add(name);
  }
  return names;
}

/** Values in the form in which they are sent. */
export function toWrite(values: Values, fields: Field[]): Record<string, unknown> {
  const types = new Map(fields.map((field) => [field.name, field.type]));
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const write = twin(types.get(name) ?? "").write;
      return [name, write && value !== null ? write(value) : value];
    }),
  );
}

/** What was filled in, as it is sent. */
export const filledIn = (values: Values, fields: Field[]): Record<string, unknown> =>
  toWrite(Object.fromEntries(Object.entries(values).filter(([, value]) => !isEmpty(value))), fields);

interface FormFieldProps {
  field: Field;
  value: unknown;
  values: Values;
  error?: string;
  autoFocus?: boolean;
  disabled?: boolean;
  onChange: (value: unknown, more?: Values) => void;
  /** Said under the input, such as records that look the same. */
  note?: ReactNode;
}

export function FormField({ field, value, values, error, autoFocus, disabled, onChange, note }: FormFieldProps) {
  const label = useLabel();
  const t = useT();
  const id = useId();
  const phone = usePhone();
  const { Input, wide } = twin(field);
  const help = label(field.help);
  const said = `${id}said`;
  useDescribed(id, said, error !== undefined);
  return (
    <div className={cx(styles.field, wide && styles.wide)} data-form-field={field.name}>
      <label htmlFor={id}>
        {label(field.label, field.name)}
        {field.required && (
          <span className={styles.required} title={t("record.required")}>
            <span aria-hidden>*</span>
            <span className="sr">{`\u00a0${t("record.required")}`}</span>
          </span>
        )}
      </label>
      <Input
        id={id}
        field={field}
        value={value ?? null}
        values={values}
        onChange={onChange}
        autoFocus={autoFocus}
        disabled={disabled || field.readonly}
        status={error ? "error" : undefined}
        size={phone ? "large" : undefined}
      />
      {error ? (
        <p id={said} className={styles.error} role="alert">
          <AlertTriangle aria-hidden />
          {error}
        </p>
      ) : (
        (note ??
        (help && (
          <p id={said} className={styles.help}>
            {help}
          </p>
        )))
      )}
    </div>
  );
}

interface FieldsProps {
  sections: FormSection[];
  values: Values;
  errors: Readonly<Record<string, string>>;
  onChange: (field: Field, value: unknown, more?: Values) => void;
  focus?: string | null;
  disabled?: boolean;
  notes?: Readonly<Record<string, ReactNode>>;
  /** Fields that have to be filled here although they need not elsewhere. */
  needed?: ReadonlySet<string>;
}

export function FormSections({ sections, values, errors, onChange, focus, disabled, notes, needed }: FieldsProps) {
  const catalog = useCatalog();
  // A field may have sense only beside another's value.
  const all = sections.flatMap((section) => section.fields);
  const fits = (field: Field) => allows(field.config.when as Filter | undefined, values, catalog, all);
  return sections.map((section) => (
    <section key={section.label} className={styles.section}>
      {section.label && <h3>{section.label}</h3>}
      <div className={styles.grid}>
        {section.fields.filter(fits).map((field) => (
          <FormField
            key={field.name}
            field={needed?.has(field.name) ? { ...field, required: true } : field}
            value={values[field.name]}
            values={values}
            error={errors[field.name]}
            autoFocus={field.name === focus}
            disabled={disabled}
            note={notes?.[field.name]}
            onChange={(value, more) => onChange(field, value, more)}
          />
        ))}
      </div>
    </section>
  ));
}

/** Brings the first field with an error into view and puts the cursor there. */
export function showFirstError(container: HTMLElement | null): void {
  requestAnimationFrame(() => {
    const field = container?.querySelector("[role=alert]")?.closest<HTMLElement>("[data-form-field]");
    field?.scrollIntoView({ block: "center" });
    field?.querySelector<HTMLElement>("input, textarea, [tabindex='0'], .tiptap")?.focus();
  });
}
