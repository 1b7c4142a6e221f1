/** What is set at a trigger or step: an input for each type of parameter that kinds declare. */
import { useQuery } from "@tanstack/react-query";
import { Braces, Plus, X } from "lucide-react";
import { type ReactNode, useRef, useState } from "react";
import { FormulaEditor } from "../admin/Computed";
import { Line } from "../admin/Section";
import { Toggle } from "../admin/Table";
import { api } from "../api/client";
import { useCatalog } from "../api/queries";
import { twin } from "../fields";
import { useLabel, useLanguage, useT } from "../i18n";
import { Conditions } from "../records/FilterBar";
import type { Field, Label, ObjectDef } from "../schema/catalog";
import type { Filter } from "../schema/filter";
import { useSegments } from "../segments/queries";
import { IconButton, TextBox, TextInput } from "../ui";
import { InputNumber, Select } from "../ui/antd";
import { FormLines, TwoTexts } from "./FormLines";
import styles from "./flows.module.css";
import { asked, type Given, objectAt, type Parameter, type Problem, type Root } from "./model";
import { useStepName } from "./parts";
import { flowsQuery, secretsQuery } from "./queries";

interface Around {
  given: Given;
  roots: Root[];
  /** What the flow is about. */
  about: string | null;
}

export interface InputProps extends Around {
  id: string;
  one: Parameter;
  value: unknown;
  onChange: (value: unknown) => void;
}

interface Choice {
  value: string;
  label: string;
}

/** One of some choices, or several: what most lines are. */
function Picked({ id, value, onChange, choices, many, clear, search, placeholder }: PickedProps) {
  return (
    <Select
      id={id}
      className={styles.wide}
      mode={many ? "multiple" : undefined}
      allowClear={clear}
      showSearch={search ? { optionFilterProp: "label" } : undefined}
      placeholder={placeholder}
      value={(many ? list(value) : (value ?? null)) as string}
      options={choices}
      onChange={(next: unknown) => onChange(next ?? null)}
    />
  );
}

interface PickedProps extends Pick<InputProps, "id" | "value" | "onChange"> {
  choices: Choice[];
  many?: boolean;
  clear?: boolean;
  search?: boolean;
  placeholder?: string;
}

/** The lines of a trigger or step, with what is wrong with each. */
export function Parameters(
  props: Around & { parameters: Parameter[]; problems: Problem[]; onChange: (part: Given) => void },
) {
  const label = useLabel();
  const { parameters, given, problems, onChange } = props;
  return asked(parameters, given).map((one) => {
    const Input = INPUTS[one.type] ?? TextLine;
    const set = (value: unknown) => onChange({ [one.name]: value });
    // A switch has its name beside it.
    if (one.type === "boolean")
      return (
        <Toggle
          key={one.name}
          label={label(one.label, one.name)}
          help={one.help && label(one.help)}
          checked={given[one.name] === true}
          onChange={set}
        />
      );
    return (
      <Line
        key={one.name}
        label={label(one.label, one.name)}
        required={one.required}
        help={one.help && label(one.help)}
        error={problems.find((problem) => problem.field === one.name)?.message}
      >
        {(id) => (
          <Input
            id={id}
            one={one}
            given={given}
            roots={props.roots}
            about={props.about}
            value={given[one.name]}
            onChange={set}
          />
        )}
      </Line>
    );
  });
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const form = (value: unknown): Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

function useObjectOf({ one, given, roots, about }: InputProps): ObjectDef | undefined {
  const catalog = useCatalog();
  if (one.of === "flow") return catalog.object(about);
  const value = text(given[one.of]) || (one.of === "record" ? "record" : "");
  if (one.of !== "record" && catalog.object(value)) return catalog.object(value);
  return catalog.object(objectAt(roots, catalog, value));
}

/** How the records that can be named at this place are told. */
function useRootName(): (root: Root) => string {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const nameOf = useStepName();
  return (root) => {
    const object = catalog.object(root.object);
    const noun = object ? label(object.label, object.name) : root.object;
    if (root.path === "record") return t("flow.root.record", { object: noun });
    if (root.path === "loop.record") return t("flow.root.loop", { object: noun });
    return t("flow.root.step", { object: noun, step: nameOf(root.step) || root.step?.id || "" });
  };
}

const options = (one: Parameter, label: (from: Label | null | undefined, fallback?: string) => string): Choice[] =>
  (one.options ?? []).map((option) => ({ value: option.name, label: label(option.label, option.name) }));

const fieldChoices = (object: ObjectDef | undefined, label: (from: Label) => string, kinds?: string[]): Choice[] =>
  (object?.fields ?? [])
    .filter((field) => !field.of && (!kinds?.length || kinds.includes(field.type)))
    .map((field) => ({ value: field.name, label: label(field.label) }));

function TextLine({ id, value, onChange }: InputProps) {
  return <TextInput id={id} value={text(value)} maxLength={2000} onChange={(e) => onChange(e.target.value || null)} />;
}

/** Places of a text: fields of the records that can be named. */
function usePlaces(roots: Root[]): { path: string; label: string }[] {
  const label = useLabel();
  const catalog = useCatalog();
  const named = useRootName();
  return roots.flatMap((root) => {
    const object = catalog.object(root.object);
    const head = root.path === "record" ? "" : `${root.path}.`;
    if (root.fields)
      return root.fields.map((one) => ({ path: `input.${one.name}`, label: label(one.label, one.name) }));
    return (object?.fields ?? [])
      .filter((field) => !field.of && !field.config.secret)
      .slice(0, 60)
      .map((field) => ({
        path: `${head}${field.name}`,
        label: roots.length > 1 ? `${named(root)} · ${label(field.label)}` : label(field.label),
      }));
  });
}

function Words({ id, value, onChange, roots }: Pick<InputProps, "id" | "value" | "onChange" | "roots">) {
  const t = useT();
  const box = useRef<HTMLTextAreaElement>(null);
  const places = usePlaces(roots);
  const { language } = useLanguage();
  const several = typeof value === "string" ? null : form(value);
  const own = several && (several[language] !== undefined ? language : Object.keys(several)[0]);
  const shown = own ? text(several?.[own]) : text(value);
  /** Of a text in several languages the one that is shown is changed. */
  const change = (next: string) => onChange(own ? { ...several, [own]: next } : next || null);
  const insert = (path: string) => {
    const at = box.current?.selectionStart ?? shown.length;
    change(`${shown.slice(0, at)}{${path}}${shown.slice(box.current?.selectionEnd ?? at)}`);
  };
  return (
    <div className={styles.words}>
      <TextBox ref={box} id={id} rows={2} value={shown} onChange={(e) => change(e.target.value)} />
      {places.length > 0 && (
        <Select
          size="small"
          className={styles.places}
          aria-label={t("flow.place")}
          placeholder={
            <span className={styles.insert}>
              <Braces size={12} /> {t("flow.place")}
            </span>
          }
          showSearch={{ optionFilterProp: "label" }}
          value={null}
          options={places.map((one) => ({ value: one.path, label: one.label }))}
          onChange={(path: string | null) => path && insert(path)}
        />
      )}
    </div>
  );
}

function NumberLine({ id, one, value, onChange }: InputProps) {
  return (
    <InputNumber
      id={id}
      min={one.low}
      max={one.high}
      precision={0}
      value={typeof value === "number" ? value : null}
      onChange={(next: unknown) => onChange(next)}
    />
  );
}

/** So many days before something or after it. */
function Days({ id, one, value, onChange }: InputProps) {
  const t = useT();
  const label = useLabel();
  const n = typeof value === "number" ? value : 0;
  const [before, setBefore] = useState(n < 0);
  const set = (many: number, early: boolean) => {
    setBefore(early);
    onChange(early ? -many : many);
  };
  return (
    <div className={styles.two}>
      <InputNumber
        id={id}
        min={0}
        max={one.high}
        precision={0}
        value={Math.abs(n)}
        onChange={(next: unknown) => set(typeof next === "number" ? next : 0, before)}
      />
      <Select
        aria-label={label(one.label)}
        value={before}
        options={[true, false].map((early) => ({
          value: early,
          label: t(early ? "flow.days.early" : "flow.days.late"),
        }))}
        onChange={(early: boolean) => set(Math.abs(n), early)}
      />
    </div>
  );
}

function Chosen({ one, ...props }: InputProps) {
  const label = useLabel();
  return <Picked {...props} choices={options(one, label)} many={one.type === "choices"} clear={!one.required} />;
}

function TimeLine({ id, value, onChange }: InputProps) {
  return <TextInput id={id} type="time" value={text(value)} onChange={(e) => onChange(e.target.value || null)} />;
}

const zones = (): string[] => Intl.supportedValuesOf?.("timeZone") ?? [];

function Zone(props: InputProps) {
  const t = useT();
  const choices = zones().map((one) => ({ value: one, label: one }));
  return <Picked {...props} choices={choices} clear search placeholder={t("flow.zone.own")} />;
}

function LabelLines({ id, one, value, onChange }: InputProps) {
  return <TwoTexts id={id} value={value} long={(one.high ?? 0) > 100} onChange={onChange} />;
}

function Names({ id, value, onChange }: InputProps) {
  return (
    <Select
      id={id}
      className={styles.wide}
      mode="tags"
      tokenSeparators={[" ", ",", ";", "，"]}
      open={false}
      suffixIcon={null}
      value={list(value) as string[]}
      onChange={(next: string[]) => onChange(next.length ? next : null)}
    />
  );
}

/** The objects that a flow can be about. */
export function useObjects(): Choice[] {
  const label = useLabel();
  const catalog = useCatalog();
  return catalog.objects.map((one) => ({ value: one.name, label: label(one.label, one.name) }));
}

const ObjectLine = (props: InputProps) => <Picked {...props} choices={useObjects()} search />;

function FieldLine(props: InputProps) {
  const { one } = props;
  const choices = fieldChoices(useObjectOf(props), useLabel(), one.kinds);
  return <Picked {...props} choices={choices} many={one.type === "fields"} clear search />;
}

function FilterLine(props: InputProps) {
  const t = useT();
  const object = useObjectOf(props);
  if (!object) return <p className={styles.soft}>{t("flow.object.first")}</p>;
  return <Conditions object={object} filter={(props.value as Filter) ?? null} onChange={props.onChange} />;
}

function RefLine({ roots, ...props }: InputProps) {
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

const WAYS = ["plain", "from", "text", "formula"] as const;
type Way = (typeof WAYS)[number];

const wayOf = (value: unknown): Way => {
  const keys = Object.keys(form(value));
  return (WAYS.find((way) => way !== "plain" && keys.length === 1 && keys[0] === way) ?? "plain") as Way;
};

interface ValueProps extends Omit<InputProps, "one" | "given"> {
  field?: Field;
}

/** A value: itself, taken from a record, a text with places, or reckoned. */
function Value({ id, field, value, onChange, roots, about }: ValueProps) {
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
          <TextInput id={id} value={text(inner)} onChange={(e) => onChange(e.target.value || null)} />
        ))}
      {way === "from" && (
        <Select
          id={id}
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
        <Words id={id} roots={roots} value={inner} onChange={(next) => onChange({ text: next ?? "" })} />
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

function ValueLine({ one: _, given: __, ...props }: InputProps) {
  return <Value {...props} />;
}

function Values(props: InputProps) {
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
          <div key={name} className={styles.set}>
            <span className={styles.setName}>{said}</span>
            <Value
              id={`${id}-${name}`}
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
function Named({ id, value, onChange, one, ...rest }: InputProps) {
  const t = useT();
  const entries = Object.entries(form(value));
  const put = (at: number, name: string, said: unknown) =>
    onChange(Object.fromEntries(entries.map((entry, i) => (i === at ? [name, said] : entry))));
  return (
    <div className={styles.rows}>
      {entries.map(([name, said], at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line has no identity but its place
        <div key={at} className={styles.set}>
          <TextInput aria-label={t("flow.name")} value={name} onChange={(e) => put(at, e.target.value, said)} />
          {one.type === "texts" ? (
            <TextInput aria-label={name} value={text(said)} onChange={(e) => put(at, name, e.target.value)} />
          ) : (
            <Value {...rest} id={`${id}-${at}`} value={said} onChange={(next) => put(at, name, next)} />
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
        className={styles.add}
        onClick={() => onChange({ ...form(value), [`name_${entries.length + 1}`]: "" })}
      >
        <Plus /> {t("flow.add.line")}
      </button>
    </div>
  );
}

interface Row {
  id: string;
  name: string;
}

const usePeople = (object: "user" | "team") =>
  useQuery({
    queryKey: ["records", object, "names"],
    queryFn: () => api.get<{ data: Row[] }>(`/records/${object}`, { fields: "name", limit: 200 }),
  }).data?.data ?? [];

const keyOf = (who: unknown): string => Object.entries(form(who)).map(([how, what]) => `${how}:${what}`)[0] ?? "";

function Who({ id, one, value, onChange, roots }: InputProps) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const users = usePeople("user");
  const teams = usePeople("team");
  const about = catalog.object(roots.find((one) => one.path === "loop.record")?.object ?? roots[0]?.object);
  const fields = about?.fields.filter((field) => field.target === "user" && !field.of) ?? [];
  const choices: Choice[] = [
    ...fields.map((field) => ({ value: `field:${field.name}`, label: label(field.label) })),
    ...fields.map((field) => ({
      value: `manager_of:${field.name}`,
      label: t("flow.who.manager", { name: label(field.label) }),
    })),
    ...catalog.roles.map((one) => ({ value: `role:${one.name}`, label: t("admin.access.role", { name: one.title }) })),
    ...teams.map((one) => ({ value: `team:${one.id}`, label: t("admin.access.team", { name: one.name }) })),
    ...users.map((one) => ({ value: `user:${one.id}`, label: one.name })),
  ];
  return (
    <Select
      id={id}
      className={styles.wide}
      mode="multiple"
      aria-label={one.type === "levels" ? one.name : undefined}
      showSearch={{ optionFilterProp: "label" }}
      value={list(value).map(keyOf)}
      options={choices}
      onChange={(keys: string[]) =>
        onChange(keys.map((key) => ({ [key.slice(0, key.indexOf(":"))]: key.slice(key.indexOf(":") + 1) })))
      }
    />
  );
}

function Ids({ one, ...props }: InputProps) {
  const rows = usePeople(one.type === "team" ? "team" : "user");
  const choices = rows.map((row) => ({ value: row.id, label: row.name }));
  return <Picked {...props} choices={choices} many={one.type === "users"} clear search />;
}

/** A secret of the store by its name; whoever may not list them types it. */
function SecretLine(props: InputProps) {
  const t = useT();
  const found = useQuery(secretsQuery);
  if (found.isError) return <TextLine {...props} />;
  const names = new Set([...(found.data ?? []).map((one) => one.name), ...(props.value ? [text(props.value)] : [])]);
  const choices = [...names].map((name) => ({ value: name, label: name }));
  return <Picked {...props} choices={choices} clear={!props.one.required} search placeholder={t("flow.secret")} />;
}

function FlowLine(props: InputProps) {
  const label = useLabel();
  const { data = [] } = useQuery(flowsQuery);
  const those = data.filter((one) => one.trigger === "flow");
  return <Picked {...props} choices={those.map((one) => ({ value: one.id, label: label(one.label) }))} />;
}

function SegmentLine(props: InputProps) {
  const label = useLabel();
  const segments = useSegments(props.about ?? undefined);
  return <Picked {...props} choices={segments.map((one) => ({ value: one.id, label: label(one.label) }))} search />;
}

const UNITS = ["minutes", "hours", "days", "weeks"] as const;

function Duration({ id, value, onChange }: InputProps) {
  const t = useT();
  const [[unit, n] = ["days", null]] = Object.entries(form(value)) as [string, number | null][];
  return (
    <div className={styles.two}>
      <InputNumber
        id={id}
        min={0}
        max={100_000}
        precision={0}
        value={n}
        onChange={(next: unknown) => onChange(next === null ? null : { [unit]: next })}
      />
      <Select
        aria-label={t("flow.unit")}
        value={unit}
        options={UNITS.map((one) => ({ value: one, label: t(`flow.unit.${one}`) }))}
        onChange={(next: string) => onChange({ [next]: n ?? 1 })}
      />
    </div>
  );
}

const EVENTS = ["created", "changed", "removed"] as const;

function EventLine(props: InputProps) {
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

/** Levels of an approval: who signs, one or all, and for which records. */
function Levels(props: InputProps) {
  const { id, value, onChange, about } = props;
  const t = useT();
  const object = useCatalog().object(about);
  const rows = list(value).map(form);
  const set = (at: number, part: Record<string, unknown>) =>
    onChange(rows.map((row, i) => (i === at ? { ...row, ...part } : row)));
  return (
    <div className={styles.rows}>
      {rows.map((row, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a level has no identity but its place
        <div key={at} className={styles.set}>
          <span className={styles.setName}>{t("approval.level", { n: at + 1 })}</span>
          <Who
            {...props}
            id={`${id}-${at}`}
            one={{ ...props.one, name: t("flow.levels.who", { n: at + 1 }) }}
            value={row.who}
            onChange={(who) => set(at, { who })}
          />
          <Select
            aria-label={t("flow.levels.need")}
            value={text(row.need) || "any"}
            options={(["any", "all"] as const).map((one) => ({ value: one, label: t(`flow.levels.${one}`) }))}
            onChange={(need: string) => set(at, { need })}
          />
          {object && (
            <div>
              <span className={styles.soft}>{t("flow.levels.when")}</span>
              <Conditions
                object={object}
                filter={(row.filter as Filter) ?? null}
                onChange={(filter) => set(at, { filter })}
              />
            </div>
          )}
          <IconButton
            small
            icon={<X />}
            label={t("flow.value.remove", { name: t("approval.level", { n: at + 1 }) })}
            onClick={() => onChange(rows.filter((_, i) => i !== at))}
          />
        </div>
      ))}
      <button
        id={id}
        type="button"
        className={styles.add}
        onClick={() => onChange([...rows, { who: [], need: "any" }])}
      >
        <Plus /> {t("flow.levels.add")}
      </button>
    </div>
  );
}

/** A value of the first of some fields. */
function Literal({ one, given, about, value, onChange }: InputProps) {
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
function Sorted(props: InputProps) {
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

/** A verb of the object; what it asks for is filled in below. */
function ActionLine(props: InputProps) {
  const label = useLabel();
  const verbs = (useObjectOf(props)?.actions ?? []).filter((one) => !one.flow);
  const choices = verbs.map((one) => ({ value: one.name, label: label(one.label, one.name) }));
  return <Picked {...props} choices={choices} search />;
}

/** What a verb is filled in with, by its own fields; of a call, names that somebody gives. */
function InputLines(props: InputProps) {
  const object = useObjectOf({ ...props, one: { ...props.one, of: "record" } });
  const verb = object?.actions.find((one) => one.name === props.given.action);
  const t = useT();
  if (verb) return <FieldValues {...props} fields={verb.input} />;
  return props.given.kind === "action" ? <p className={styles.soft}>{t("flow.action.first")}</p> : <Named {...props} />;
}

const INPUTS: Record<string, (props: InputProps) => ReactNode> = {
  text: TextLine,
  secret: SecretLine,
  words: ({ id, value, onChange, roots }) => <Words id={id} value={value} onChange={onChange} roots={roots} />,
  number: NumberLine,
  days: Days,
  choice: Chosen,
  choices: Chosen,
  time: TimeLine,
  zone: Zone,
  label: LabelLines,
  object: ObjectLine,
  field: FieldLine,
  fields: FieldLine,
  filter: FilterLine,
  ref: RefLine,
  value: ValueLine,
  values: Values,
  input: InputLines,
  texts: Named,
  who: Who,
  flow: FlowLine,
  team: Ids,
  segment: SegmentLine,
  users: Ids,
  duration: Duration,
  form: FormLines,
  names: Names,
  event: EventLine,
  levels: Levels,
  literal: Literal,
  sort: Sorted,
  action: ActionLine,
};
