/** Options that depend on another choice, as a table: read from the rules of an object, and made into rules. Pure. */
import type { Field, ObjectDef, Rule } from "../schema/catalog";
import type { CatalogChange } from "./changes";
import { freeName } from "./changes";

/** By option of the other field, what may be chosen beside it; what is not named there may have everything. */
export type Sets = Readonly<Record<string, readonly string[]>>;

export interface Dependence {
  by: string;
  sets: Sets;
  /** The rules that say so. */
  rules: Rule[];
}

/** The choices that others can depend on. */
export const controllers = (object: ObjectDef, field: Field): Field[] =>
  object.fields.filter((one) => one.type === "select" && one.name !== field.name && one.options.length > 0);

/** What a rule of one's own says of this field by another; null for a rule of another shape. */
function about(rule: Rule, field: Field): { by: string; sets: Sets } | null {
  const { when } = rule;
  const alone = rule.custom && rule.active && rule.kind === "options" && rule.fields?.join() === field.name;
  if (!alone) return null;
  if (rule.by) return when ? null : { by: rule.by, sets: rule.value as Sets };
  if (!when || !("field" in when) || !("op" in when)) return null;
  const values = when.op === "eq" ? [when.value] : when.op === "in" && Array.isArray(when.value) ? when.value : null;
  return (
    values && { by: when.field, sets: Object.fromEntries(values.map((one) => [String(one), rule.value as string[]])) }
  );
}

/** What a field depends on by now, by the first field that its rules name; undefined for nothing. */
export function dependence(object: ObjectDef, field: Field, by?: string): Dependence | undefined {
  const found = object.rules.flatMap((rule) => {
    const said = about(rule, field);
    return said && controllers(object, field).some((one) => one.name === said.by) ? [{ rule, ...said }] : [];
  });
  const first = by ?? found[0]?.by;
  const mine = found.filter((one) => one.by === first);
  if (!first || mine.length === 0) return undefined;
  const sets: Record<string, readonly string[]> = {};
  for (const one of mine)
    for (const [at, allowed] of Object.entries(one.sets))
      sets[at] = (sets[at] ?? allowed).filter((name) => allowed.includes(name));
  return { by: first, sets, rules: mine.map(({ rule }) => rule) };
}

/** The changes that make one rule say this, and those that take it back. */
export function dependChanges(
  object: ObjectDef,
  field: Field,
  by: Field,
  sets: Sets,
): [CatalogChange[], CatalogChange[]] {
  // What another field decides so far, and what this one does: both are replaced.
  const now = dependence(object, field);
  const before = [
    ...(now?.rules ?? []),
    ...(now?.by === by.name ? [] : (dependence(object, field, by.name)?.rules ?? [])),
  ];
  const value: Record<string, string[]> = {};
  for (const option of by.options) {
    const chosen = sets[option.name];
    const allowed = field.options.map((one) => one.name).filter((name) => chosen?.includes(name));
    if (chosen && allowed.length < field.options.length) value[option.name] = allowed;
  }
  const languages = ["en", "zh"] as const;
  const label = Object.fromEntries(
    languages.flatMap((language) => {
      const [one, other] = [field.label[language], by.label[language]];
      return one && other ? [[language, language === "en" ? `${one} by ${other}` : `${one}取决于${other}`]] : [];
    }),
  );
  const put = (rule: Record<string, unknown>): CatalogChange => ({ op: "put_rule", object: object.name, rule });
  const gone = (name: string): CatalogChange => ({ op: "retire_rule", object: object.name, rule: name });
  const said = (rule: Rule | undefined) =>
    rule?.message && Object.keys(rule.message).length ? { message: rule.message } : {};
  const old = before.map((rule) => {
    const { name, label, when, fields, value } = rule;
    const more = { ...(rule.by ? { by: rule.by } : {}), ...said(rule) };
    return put({ name, kind: "options", label, active: true, when, fields, value, ...more });
  });
  const kept = Object.keys(value).length > 0;
  const name =
    before[0]?.name ??
    freeName(
      `${field.name}_by_${by.name}`.slice(0, 36),
      object.rules.map((rule) => rule.name),
    );
  const next = put({
    ...{ name, kind: "options", label: before[0]?.label ?? label, active: true },
    ...{ when: null, fields: [field.name], value, by: by.name },
    ...said(before[0]),
  });
  return [
    [...(kept ? [next] : []), ...before.slice(kept ? 1 : 0).map((rule) => gone(rule.name))],
    [...old, ...(kept && before.length === 0 ? [gone(name)] : [])],
  ];
}
