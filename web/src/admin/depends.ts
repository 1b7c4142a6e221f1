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

/** The other field and its options that a rule of one's own is about; null for a rule of another shape. */
function about(rule: Rule, field: Field): { by: string; values: string[] } | null {
  const { when } = rule;
  const alone = rule.custom && rule.active && rule.kind === "options" && rule.fields?.join() === field.name;
  if (!alone || !when || !("field" in when) || !("op" in when)) return null;
  if (when.op === "eq") return { by: when.field, values: [String(when.value)] };
  return when.op === "in" && Array.isArray(when.value) ? { by: when.field, values: when.value.map(String) } : null;
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
  for (const { rule, values } of mine) {
    const allowed = rule.value as string[];
    for (const value of values) sets[value] = (sets[value] ?? allowed).filter((one) => allowed.includes(one));
  }
  return { by: first, sets, rules: mine.map(({ rule }) => rule) };
}

/** The changes that make the rules say this, and those that take it back. Options with the same set share a rule. */
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
  const groups = new Map<string, { allowed: string[]; values: string[] }>();
  for (const option of by.options) {
    const chosen = sets[option.name];
    if (!chosen) continue;
    const allowed = field.options.map((one) => one.name).filter((name) => chosen.includes(name));
    if (allowed.length === field.options.length) continue;
    const group = groups.get(allowed.join()) ?? { allowed, values: [] };
    group.values.push(option.name);
    groups.set(allowed.join(), group);
  }
  const names: string[] = before.map((rule) => rule.name);
  const taken = object.rules.map((rule) => rule.name);
  while (names.length < groups.size)
    names.push(freeName(`${field.name}_by_${by.name}`.slice(0, 36), [...taken, ...names]));
  const languages = ["en", "zh"] as const;
  const label = Object.fromEntries(
    languages.flatMap((language) => {
      const [one, other] = [field.label[language], by.label[language]];
      return one && other ? [[language, language === "en" ? `${one} by ${other}` : `${one}取决于${other}`]] : [];
    }),
  );
  const put = (rule: Record<string, unknown>): CatalogChange => ({ op: "put_rule", object: object.name, rule });
  const gone = (name: string): CatalogChange => ({ op: "retire_rule", object: object.name, rule: name });
  const next = [...groups.values()].map(({ allowed, values }, at) =>
    put({
      name: names[at],
      kind: "options",
      label: before[at]?.label ?? label,
      active: true,
      when: { field: by.name, op: "in", value: values },
      fields: [field.name],
      value: allowed,
      ...(before[at]?.message && Object.keys(before[at].message).length ? { message: before[at].message } : {}),
    }),
  );
  const old = before.map((rule) =>
    put({
      name: rule.name,
      kind: "options",
      label: rule.label,
      active: true,
      when: rule.when,
      fields: rule.fields,
      value: rule.value,
      ...(rule.message && Object.keys(rule.message).length ? { message: rule.message } : {}),
    }),
  );
  return [
    [...next, ...before.slice(groups.size).map((rule) => gone(rule.name))],
    [...old, ...names.slice(before.length, groups.size).map(gone)],
  ];
}
