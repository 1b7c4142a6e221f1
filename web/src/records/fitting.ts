/** Which options of a choice fit beside the other values of a record, or of many. */
import { useMemo } from "react";
import { useAggregate, useCatalog } from "../api/queries";
import type { Target } from "../api/writes";
import { asList, type Values } from "../fields/twin";
import type { Field, ObjectDef, RecordData, Rule } from "../schema/catalog";
import { evaluate } from "../schema/evaluate";
import { fieldsOf } from "../schema/filter";
import { readerOf } from "./RecordWhen";
import { useRules } from "./useRules";

/** A field that offers these options only, and what it holds. */
export function offering(field: Field, allowed: string[] | undefined, held: unknown): Field {
  if (!allowed) return field;
  const kept = new Set([...allowed, ...asList(held).map(String)]);
  return { ...field, options: field.options.filter((option) => kept.has(option.name)) };
}

/** The options that a rule whose condition holds leaves beside these values; null: all. */
export function allowedBy(rule: Rule, values: Values): readonly string[] | null {
  if (!rule.by) return rule.value as string[];
  return (rule.value as Record<string, string[]>)[String(values[rule.by])] ?? null;
}

const rulesOf = (object: ObjectDef, field: Field): Rule[] =>
  object.rules.filter((rule) => rule.active && rule.kind === "options" && rule.fields?.includes(field.name));

/** The field as one record has it; `values` may be a part of the record, then the server tells. */
export function useFitting(object: ObjectDef, field: Field, record: RecordData, values: Values): Field {
  const asked = useMemo(() => ({ ...object, rules: rulesOf(object, field) }), [object, field]);
  const { options } = useRules(asked, values, null, record);
  return offering(field, options[field.name], record[field.name]);
}

/** The field as every one of many records may have it. */
export function useFittingAll(object: ObjectDef, field: Field, target: Target): Field {
  const catalog = useCatalog();
  const rules = rulesOf(object, field);
  const names = [...new Set(rules.flatMap((rule) => [...fieldsOf(rule.when), ...(rule.by ? [rule.by] : [])]))];
  const own = names.map((name) => object.fields.find((one) => one.name === name));
  const told = rules.length > 0 && rules.every((rule) => !rule.asks) && own.every((one) => one?.groupable);
  const { data } = useAggregate(
    object.name,
    {
      ...("ids" in target ? { filter: { field: "id", op: "in", value: target.ids } } : target),
      group: names,
      measures: [{ fn: "count", as: "n" }],
    },
    told && names.length > 0,
  );
  // Where the rules have no condition, or cannot be told here, one record stands for all.
  const groups = !told ? [] : names.length > 0 ? data?.map((row) => row.group) : [{}];
  const reader = readerOf(catalog, object.fields);
  const lists = (groups ?? []).flatMap((group) =>
    rules.flatMap((rule) => {
      const list = evaluate(rule.when, group, reader) === true ? allowedBy(rule, group) : null;
      return list ? [[...list]] : [];
    }),
  );
  return offering(field, lists.length ? lists.reduce((a, b) => a.filter((one) => b.includes(one))) : undefined, null);
}
