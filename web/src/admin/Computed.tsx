/** Fields that follow from others: a formula, written with help and marked where it is wrong; a figure over what points here. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { AlertTriangle, Check } from "lucide-react";
import { useId, useRef, useState } from "react";
import { api } from "../api/client";
import { useCatalog } from "../api/queries";
import { twin, useFormatContext } from "../fields";
import { type Key, useLabel, useT } from "../i18n";
import type { Field, Label, ObjectDef } from "../schema/catalog";
import { TextBox, useRested } from "../ui";
import { Select } from "../ui/antd";
import styles from "./admin.module.css";
import { spelled } from "./spelling";

type Config = Record<string, unknown>;

interface Tried {
  type: string | null;
  kind: string | null;
  fields: string[];
  samples: { id: string; title: string | null; value: unknown }[];
  error: { code: string; message: string; at: number; end: number } | null;
}

interface Helped {
  groups: { name: string; label: Label; functions: { name: string; usage: string; help: Label; example: string }[] }[];
}

interface FormulaProps {
  id: string;
  object: ObjectDef;
  value: string;
  /** The field type that it is to be shown as; "" for what follows from it. */
  result?: string;
  /** It must be yes or no. */
  condition?: boolean;
  onChange: (value: string) => void;
}

/** The text of a formula; what it results in, or what is wrong with it and where, as soon as one pauses. */
export function FormulaEditor({ id, object, value, result = "", condition, onChange }: FormulaProps) {
  const t = useT();
  const ctx = useFormatContext();
  const box = useRef<HTMLTextAreaElement>(null);
  const said = useId();
  const spell = (typed: string) => spelled(typed, object, (name) => ctx.catalog.object(name));
  // What is typed stays as it is typed for as long as one types; it is read, and kept, with the names of the fields.
  const [typed, setTyped] = useState(value);
  const text = spell(typed) === value ? typed : value;
  const write = (next: string) => {
    setTyped(next);
    onChange(spell(next));
  };
  const expression = useRested(value, 250);
  const { data: tried } = useQuery({
    queryKey: ["formula", object.name, expression, result],
    queryFn: () => api.read<Tried>("/formula/check", { object: object.name, expression, result }),
    enabled: expression.trim() !== "",
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  const told = expression.trim() && tried ? tried : null;
  const error = told?.error ?? null;
  const unfit = condition && told?.kind && told.kind !== "boolean" ? t("admin.formula.condition") : null;
  const insert = (part: string) => {
    const [from, to] = box.current
      ? [box.current.selectionStart, box.current.selectionEnd]
      : [text.length, text.length];
    write(text.slice(0, from) + part + text.slice(to));
    requestAnimationFrame(() => {
      box.current?.focus();
      box.current?.setSelectionRange(from + part.length, from + part.length);
    });
  };
  const shown = told?.type ? ({ name: "formula", type: told.type, config: {} } as unknown as Field) : null;
  const type = ctx.catalog.types.find((one) => one.name === told?.type);
  return (
    <div className={styles.formula}>
      <TextBox
        id={id}
        ref={box}
        rows={2}
        spellCheck={false}
        className={styles.mono}
        value={text}
        maxLength={4000}
        status={error || unfit ? "error" : undefined}
        aria-describedby={said}
        placeholder={t(condition ? "admin.formula.example.condition" : "admin.formula.example")}
        onChange={(event) => write(event.target.value)}
        onBlur={() => setTyped(value)}
      />
      <div id={said} aria-live="polite">
        {error && (
          <>
            <p className={styles.fault}>
              <AlertTriangle aria-hidden />
              {error.message}
            </p>
            {error.end > error.at && (
              <code className={styles.place}>
                {expression.slice(Math.max(0, error.at - 24), error.at)}
                <mark>{expression.slice(error.at, error.end)}</mark>
                {expression.slice(error.end, error.end + 24)}
              </code>
            )}
          </>
        )}
        {unfit && <p className={styles.fault}>{unfit}</p>}
        {told && !error && !unfit && (
          <p className={styles.help}>
            <Check aria-hidden />{" "}
            {condition ? t("admin.formula.fits") : t("admin.formula.is", { type: ctx.label(type?.label) })}
          </p>
        )}
        {shown && told && !condition && told.samples.length > 0 && (
          <dl className={styles.samples}>
            {told.samples.slice(0, 3).map((sample) => (
              <div key={sample.id}>
                <dt>{sample.title}</dt>
                <dd>{twin(shown).format(sample.value, shown, ctx) || "—"}</dd>
              </div>
            ))}
          </dl>
        )}
      </div>
      <Help object={object} onInsert={insert} />
    </div>
  );
}

/** What can be written: the object's fields and all functions; a click puts one where the cursor is. */
function Help({ object, onInsert }: { object: ObjectDef; onInsert: (text: string) => void }) {
  const t = useT();
  const label = useLabel();
  const [open, setOpen] = useState(false);
  const { data } = useQuery({
    queryKey: ["formula functions"],
    queryFn: () => api.get<Helped>("/formula/functions"),
    enabled: open,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <details className={styles.formulaHelp} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("admin.formula.help")}</summary>
      <p className={styles.help}>{t("admin.formula.rules")}</p>
      <h3>{t("admin.formula.fields")}</h3>
      <ul>
        {object.fields
          .filter((field) => !field.system)
          .map((field) => (
            <li key={field.name}>
              <button type="button" onClick={() => onInsert(field.target ? `${field.name}.` : field.name)}>
                <code>{field.name}</code>
                <span>{label(field.label, field.name)}</span>
              </button>
            </li>
          ))}
      </ul>
      {data?.groups.map((group) => (
        <section key={group.name}>
          <h3>{label(group.label)}</h3>
          <ul>
            {group.functions.map((one) => (
              <li key={one.name}>
                <button type="button" title={one.example} onClick={() => onInsert(`${one.name}(`)}>
                  <code>{one.usage}</code>
                  <span>{label(one.help)}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </details>
  );
}

const FUNCTIONS = ["count", "sum", "average", "min", "max", "latest"] as const;
const REACHES: Record<string, (field: Field) => boolean> = {
  sum: (field) => field.aggregates.includes("sum"),
  average: (field) => field.aggregates.includes("avg"),
  min: (field) => field.aggregates.includes("min"),
  max: (field) => field.aggregates.includes("max"),
  latest: (field) => field.sortable && !field.target,
};

interface RollupProps {
  id: string;
  object: ObjectDef;
  config: Config;
  /** The list stays: another would be another field. */
  fixed: boolean;
  onChange: (config: Config) => void;
}

/** Which records, what of them, and which of them count. */
export function RollupEditor({ id, object, config, fixed, onChange }: RollupProps) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const [children, fn, of] = [config.children, config.function ?? "count", config.field] as string[];
  const related = object.related.find((one) => one.name === children);
  const child = catalog.object(related?.object);
  const set = (part: Config) => {
    const { result: _settled, ...rest } = config;
    onChange({ ...rest, ...part });
  };
  const where = config.where as { formula?: string } | null | undefined;
  const fields = child?.fields.filter((field) => !field.of && REACHES[fn ?? ""]?.(field)) ?? [];
  const dates =
    child?.fields.filter((field) => ["date", "datetime"].includes(field.type) && field.name !== "updated_at") ?? [];
  return (
    <div className={styles.rollup}>
      <label htmlFor={id}>{t("admin.rollup.children")}</label>
      <Select
        id={id}
        className={styles.wide}
        disabled={fixed}
        showSearch={{ optionFilterProp: "label" }}
        value={children}
        options={object.related.map((one) => ({ value: one.name, label: label(one.label, one.name) }))}
        onChange={(next) => set({ children: next, field: null, by: null, where: null })}
      />
      {child && (
        <>
          <label htmlFor={`${id}-fn`}>{t("admin.rollup.function")}</label>
          <Select
            id={`${id}-fn`}
            className={styles.wide}
            value={fn}
            options={FUNCTIONS.map((name) => ({ value: name, label: t(`admin.rollup.${name}` as Key) }))}
            onChange={(next) => set({ function: next, field: null, by: null })}
          />
          {fn !== "count" && (
            <>
              <label htmlFor={`${id}-of`}>{t("admin.rollup.field")}</label>
              <Select
                id={`${id}-of`}
                className={styles.wide}
                showSearch={{ optionFilterProp: "label" }}
                value={of}
                options={fields.map((field) => ({ value: field.name, label: label(field.label, field.name) }))}
                onChange={(next) => set({ field: next })}
              />
            </>
          )}
          {fn === "latest" && (
            <>
              <label htmlFor={`${id}-by`}>{t("admin.rollup.by")}</label>
              <Select
                id={`${id}-by`}
                className={styles.wide}
                value={(config.by as string | undefined) ?? "created_at"}
                options={dates.map((field) => ({ value: field.name, label: label(field.label, field.name) }))}
                onChange={(next) => set({ by: next })}
              />
            </>
          )}
          <label htmlFor={`${id}-where`}>{t("admin.rollup.where")}</label>
          {where && where.formula === undefined ? (
            <code className={styles.place}>{JSON.stringify(where)}</code>
          ) : (
            <FormulaEditor
              id={`${id}-where`}
              object={child}
              condition
              value={where?.formula ?? ""}
              onChange={(text) => set({ where: text.trim() ? { formula: text } : null })}
            />
          )}
        </>
      )}
    </div>
  );
}
