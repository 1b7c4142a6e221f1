/** Inputs of objects, fields, conditions, and records that can be named. */
import { useCatalog } from "../../api/queries";
import { twin } from "../../fields";
import { useLabel, useT } from "../../i18n";
import { Conditions } from "../../records/FilterBar";
import type { Filter } from "../../schema/filter";
import { Select } from "../../ui/antd";
import styles from "../flows.module.css";
import { objectAt } from "../model";
import {
  type Choice,
  fieldChoices,
  form,
  type InputProps,
  list,
  Picked,
  text,
  useObjectOf,
  useObjects,
  useRootName,
} from "./common";

export const ObjectLine = (props: InputProps) => <Picked {...props} choices={useObjects()} search />;

export function FieldLine(props: InputProps) {
  const { one } = props;
  const choices = fieldChoices(useObjectOf(props), useLabel(), one.kinds);
  return <Picked {...props} choices={choices} many={one.type === "fields"} clear search />;
}

export function FilterLine(props: InputProps) {
  const t = useT();
  const object = useObjectOf(props);
  if (!object) return <p className={styles.soft}>{t("flow.object.first")}</p>;
  return <Conditions object={object} filter={(props.value as Filter) ?? null} onChange={props.onChange} />;
}

export function RefLine({ roots, ...props }: InputProps) {
  const label = useLabel();
  const catalog = useCatalog();
  const named = useRootName();
  const choices = roots
    .filter((root) => root.object)
    .flatMap((root): Choice[] => [
      { value: root.path, label: named(root) },
      ...(catalog.object(root.object)?.fields ?? [])
        .filter((field) => ["link", "user"].includes(field.type) && field.target)
        .map((field) => ({ value: `${root.path}.${field.name}`, label: `${named(root)} → ${label(field.label)}` })),
    ]);
  return <Picked {...props} choices={choices} search />;
}

const EVENTS = ["created", "changed", "removed"] as const;

export function EventLine(props: InputProps) {
  const { id, value, onChange, roots } = props;
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const now = { kind: "changed", record: "record", ...form(value) } as Record<string, unknown>;
  const object = catalog.object(objectAt(roots, catalog, text(now.record)) ?? text(now.object));
  return (
    <div className={styles.rows}>
      <Select
        id={id}
        value={text(now.kind)}
        options={EVENTS.map((one) => ({ value: one, label: t(`flow.event.${one}`) }))}
        onChange={(kind: string) => onChange({ ...now, kind })}
      />
      <RefLine {...props} value={now.record} onChange={(record) => onChange({ ...now, record })} />
      {now.kind === "changed" && (
        <Select
          mode="multiple"
          aria-label={t("flow.event.fields")}
          placeholder={t("flow.event.fields")}
          value={list(now.fields) as string[]}
          options={fieldChoices(object, label)}
          onChange={(fields: string[]) => onChange({ ...now, fields })}
        />
      )}
      {object && (
        <Conditions
          object={object}
          filter={(now.filter as Filter) ?? null}
          onChange={(filter) => onChange({ ...now, filter })}
        />
      )}
    </div>
  );
}

/** A value of the first of some fields. */
export function Literal({ one, given, about, value, onChange }: InputProps) {
  const t = useT();
  const [first] = list(given[one.of]);
  const field = useCatalog()
    .object(about)
    ?.fields.find((each) => each.name === first);
  if (!field) return <p className={styles.soft}>{t("flow.field.first")}</p>;
  const { Filter: Input } = twin(field);
  return <Input field={field} op="eq" value={value ?? null} onChange={(next) => onChange(next ?? null)} />;
}

/** In the order of a field, rising or falling. */
export function Sorted(props: InputProps) {
  const { id, value, onChange } = props;
  const t = useT();
  const label = useLabel();
  const object = useObjectOf(props);
  const falling = text(value).startsWith("-");
  const name = text(value).replace(/^-/, "") || null;
  const put = (by: string | null, down: boolean) => onChange(by && `${down ? "-" : ""}${by}`);
  const choices = fieldChoices(object, label).filter(
    (one) => object?.fields.find((field) => field.name === one.value)?.sortable,
  );
  return (
    <div className={styles.two}>
      <Picked
        id={id}
        value={name}
        onChange={(by) => put(by as string | null, falling)}
        choices={choices}
        clear
        search
      />
      <Select
        aria-label={t("flow.sort.way")}
        value={falling}
        disabled={!name}
        options={[false, true].map((down) => ({ value: down, label: t(down ? "flow.sort.down" : "flow.sort.up") }))}
        onChange={(down: boolean) => put(name, down)}
      />
    </div>
  );
}
