/** Inputs of values: themselves, taken from a record, texts with places, or reckoned. */
import { Plus, X } from "lucide-react";
import { FormulaEditor } from "../../admin/Computed";
import { useCatalog } from "../../api/queries";
import { twin } from "../../fields";
import { useLabel, useT } from "../../i18n";
import type { Field } from "../../schema/catalog";
import { IconButton, TextInput } from "../../ui";
import { Select } from "../../ui/antd";
import styles from "../flows.module.css";
import { form, type InputProps, Picked, text, useObjectOf, usePlaces } from "./common";
import { Words } from "./plain";

const WAYS = ["plain", "from", "text", "formula"] as const;

type Way = (typeof WAYS)[number];

const wayOf = (value: unknown): Way => {
  const keys = Object.keys(form(value));
  return (WAYS.find((way) => way !== "plain" && keys.length === 1 && keys[0] === way) ?? "plain") as Way;
};

interface ValueProps extends Omit<InputProps, "one" | "given"> {
  field?: Field;
  /** What its input is called, where no label stands beside it. */
  named?: string;
}

/** A value: itself, taken from a record, a text with places, or reckoned. */
function Value({ id, field, named, value, onChange, roots, about }: ValueProps) {
  const t = useT();
  const catalog = useCatalog();
  const places = usePlaces(roots);
  const way = wayOf(value);
  const inner = way === "plain" ? value : form(value)[way];
  const Plain = field ? twin(field).Filter : null;
  const formulaOf = catalog.object(roots.find((one) => one.path === "loop.record")?.object ?? about);
  const begins: Record<Way, unknown> = {
    plain: null,
    from: { from: "" },
    text: { text: "" },
    formula: { formula: "" },
  };
  return (
    <div className={styles.value}>
      <Select
        size="small"
        aria-label={t("flow.way")}
        value={way}
        options={WAYS.map((one) => ({ value: one, label: t(`flow.way.${one}`) }))}
        onChange={(next: Way) => onChange(begins[next])}
      />
      {way === "plain" &&
        (Plain && field ? (
          <Plain field={field} op="eq" value={inner} onChange={onChange} />
        ) : (
          <TextInput
            id={id}
            aria-label={named}
            value={text(inner)}
            onChange={(e) => onChange(e.target.value || null)}
          />
        ))}
      {way === "from" && (
        <Select
          id={id}
          aria-label={named}
          showSearch={{ optionFilterProp: "label" }}
          value={text(inner) || null}
          options={places.map((one) => ({
            value: one.path.includes(".") ? one.path : `record.${one.path}`,
            label: one.label,
          }))}
          onChange={(path: string | null) => onChange({ from: path ?? "" })}
        />
      )}
      {way === "text" && (
        <Words id={id} label={named} roots={roots} value={inner} onChange={(next) => onChange({ text: next ?? "" })} />
      )}
      {way === "formula" &&
        (formulaOf ? (
          <FormulaEditor
            id={id}
            object={formulaOf}
            value={text(inner)}
            onChange={(next) => onChange({ formula: next })}
          />
        ) : (
          <p className={styles.soft}>{t("flow.object.first")}</p>
        ))}
    </div>
  );
}

export function ValueLine({ one: _, given: __, ...props }: InputProps) {
  return <Value {...props} />;
}

export function Values(props: InputProps) {
  const t = useT();
  const object = useObjectOf(props);
  if (!object) return <p className={styles.soft}>{t("flow.object.first")}</p>;
  const fields = object.fields.filter((field) => !field.readonly && !field.system && !field.of);
  return <FieldValues {...props} fields={fields} />;
}

/** Fields that are set, each with a value. */
function FieldValues({ fields, value, onChange, roots, about, id }: InputProps & { fields: Field[] }) {
  const t = useT();
  const label = useLabel();
  const now = form(value);
  const free = fields.filter((field) => !(field.name in now));
  return (
    <div className={styles.rows}>
      {Object.entries(now).map(([name, one]) => {
        const field = fields.find((each) => each.name === name);
        const said = field ? label(field.label, name) : name;
        return (
          <div key={name} className={styles.set} role="group" aria-label={said}>
            <span className={styles.setName}>{said}</span>
            <Value
              id={`${id}-${name}`}
              named={t("fields.value")}
              field={field}
              value={one}
              roots={roots}
              about={about}
              onChange={(next) => onChange({ ...now, [name]: next })}
            />
            <IconButton
              small
              icon={<X />}
              label={t("flow.value.remove", { name: said })}
              onClick={() => onChange(Object.fromEntries(Object.entries(now).filter(([key]) => key !== name)))}
            />
          </div>
        );
      })}
      <Select
        id={id}
        className={styles.wide}
        showSearch={{ optionFilterProp: "label" }}
        placeholder={t("flow.value.add")}
        value={null}
        options={free.map((field) => ({ value: field.name, label: label(field.label) }))}
        onChange={(name: string | null) => name && onChange({ ...now, [name]: null })}
      />
    </div>
  );
}

/** Names that somebody gives, each with a value: headers, what an action is filled in with. */
export function Named({ id, value, onChange, one, ...rest }: InputProps) {
  const t = useT();
  const entries = Object.entries(form(value));
  const put = (at: number, name: string, said: unknown) =>
    onChange(Object.fromEntries(entries.map((entry, i) => (i === at ? [name, said] : entry))));
  return (
    <div className={styles.rows}>
      {entries.map(([name, said], at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line has no identity but its place
        <div key={at} className={styles.set} role="group" aria-label={name}>
          <TextInput aria-label={t("flow.name")} value={name} onChange={(e) => put(at, e.target.value, said)} />
          {one.type === "texts" ? (
            <TextInput aria-label={name} value={text(said)} onChange={(e) => put(at, name, e.target.value)} />
          ) : (
            <Value
              {...rest}
              id={`${id}-${at}`}
              named={t("fields.value")}
              value={said}
              onChange={(next) => put(at, name, next)}
            />
          )}
          <IconButton
            small
            icon={<X />}
            label={t("flow.value.remove", { name })}
            onClick={() => onChange(Object.fromEntries(entries.filter((_, i) => i !== at)))}
          />
        </div>
      ))}
      <button
        id={id}
        type="button"
        aria-label={t("flow.add.line")}
        className={styles.add}
        onClick={() => onChange({ ...form(value), [`name_${entries.length + 1}`]: "" })}
      >
        <Plus /> {t("flow.add.line")}
      </button>
    </div>
  );
}

/** A verb of the object; what it asks for is filled in below. */
export function ActionLine(props: InputProps) {
  const label = useLabel();
  const verbs = (useObjectOf(props)?.actions ?? []).filter((one) => !one.flow);
  const choices = verbs.map((one) => ({ value: one.name, label: label(one.label, one.name) }));
  return <Picked {...props} choices={choices} search />;
}

/** What a verb is filled in with, by its own fields; of a call, names that somebody gives. */
export function InputLines(props: InputProps) {
  const object = useObjectOf({ ...props, one: { ...props.one, of: "record" } });
  const verb = object?.actions.find((one) => one.name === props.given.action);
  const t = useT();
  if (verb) return <FieldValues {...props} fields={verb.input} />;
  return props.given.kind === "action" ? <p className={styles.soft}>{t("flow.action.first")}</p> : <Named {...props} />;
}
