/** What the rules of an object say of values that are being written: told here as far as the page knows, else asked. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { type ApiError, api } from "../api/client";
import { keys, useCatalog } from "../api/queries";
import { isEmpty } from "../fields";
import type { Values } from "../fields/twin";
import { useLabel } from "../i18n";
import type { ObjectDef, RecordData, Rule } from "../schema/catalog";
import { evaluate } from "../schema/evaluate";
import { fieldsOf } from "../schema/filter";
import { toWrite } from "./FormFields";
import { allowedBy } from "./fitting";
import { readerOf } from "./RecordWhen";

interface Said {
  field: string;
  rule: string;
  message: string;
}

/** Records that may be the same one, by one rule. */
export interface Alike {
  rule: string;
  field: string;
  act: "warn" | "block";
  how: string;
  records: RecordData[];
  /** There are some that the reader may not see. */
  hidden: boolean;
  /** Of those that may not be seen, what the rule tells. */
  holders: { owner: string; pool: string | null }[];
}

/** The standard form of a value that is being written, or why it has none; `guess` is a fuller one that is not sure. */
export interface Standard {
  value?: unknown;
  parts?: Values;
  guess?: unknown;
  message?: string;
}

interface Answer {
  hidden: string[];
  required: Said[];
  readonly: Said[];
  defaults: Record<string, unknown>;
  alike: Alike[];
  options: { field: string; rule: string; options: string[] }[];
  standard: Record<string, Standard>;
}

export interface Ruling {
  hidden: ReadonlySet<string>;
  required: ReadonlySet<string>;
  /** Why a field stays as it is. */
  readonly: Readonly<Record<string, string>>;
  defaults: Readonly<Record<string, unknown>>;
  alike: Alike[];
  /** The options that a choice may have here, by field. */
  options: Readonly<Record<string, string[]>>;
  standard: Readonly<Record<string, Standard>>;
}

const LONG = new Set(["richtext", "json", "file"]);
const NOTHING: Answer = { hidden: [], required: [], readonly: [], defaults: {}, alike: [], options: [], standard: {} };

/**
 * `record` is what is stored (none for a new record), `values` all that the form shows, `written` what of it is the writer's
 * own. Only a form asks about duplicates and what to begin with.
 */
export function useRules(object: ObjectDef, values: Values, written: Values | null, record?: RecordData): Ruling {
  const catalog = useCatalog();
  const label = useLabel();
  const rules = object.rules.filter((rule) => rule.active);
  // Of a record that is there, what is not known here is left to the server.
  const known = record ? object.fields.filter(({ name }) => name in values || name in record) : object.fields;
  const reader = readerOf(catalog, known, record ?? null);
  const truth = (rule: Rule) =>
    rule.asks || (rule.by && !(rule.by in values))
      ? null
      : evaluate(rule.when, rule.kind === "readonly" && record ? record : values, reader);
  const told = rules.filter((rule) => ["show", "require", "readonly", "options"].includes(rule.kind));
  const truths = new Map(told.map((rule) => [rule.name, truth(rule)]));
  const mine = written ?? {};
  const asks =
    [...truths.values()].includes(null) ||
    (written !== null && !record && rules.some((rule) => rule.kind === "default")) ||
    rules.some((rule) => rule.match?.every((part) => part.fields.some((name) => !isEmpty(mine[name])))) ||
    object.fields.some((field) => field.standard && !isEmpty(mine[field.name]));
  const filled = Object.entries(mine).filter(([name, value]) => {
    const field = object.fields.find((one) => one.name === name);
    return field && !field.system && !LONG.has(field.type) && (record || !isEmpty(value));
  });
  const wanted = asks
    ? JSON.stringify({ values: toWrite(Object.fromEntries(filled), object.fields), id: record?.id })
    : "";
  const [settled, setSettled] = useState(wanted);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(wanted), 350);
    return () => clearTimeout(timer);
  }, [wanted]);
  const { data = NOTHING } = useQuery({
    queryKey: [...keys.records(object.name), "rules", settled, record?.version] as const,
    queryFn: ({ signal }) => api.read<Answer>(`/records/${object.name}/rules`, JSON.parse(settled), signal),
    enabled: settled !== "",
    // What is only half typed may be refused, which is no news.
    retry: false,
    staleTime: 30_000,
    placeholderData: keepPreviousData,
  });
  const answer = asks ? data : NOTHING;
  const said = JSON.stringify([...truths, ...told.map((rule) => (rule.by ? (values[rule.by] ?? null) : 0))]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the truths say all that the values do
  return useMemo(() => {
    const hidden = new Set<string>();
    const shows = told.filter((rule) => rule.kind === "show");
    for (const name of new Set(shows.flatMap((rule) => rule.fields ?? []))) {
      const here = shows.filter((rule) => rule.fields?.includes(name)).map((rule) => truths.get(rule.name));
      if (here.includes(true)) continue;
      if (here.includes(null) ? answer.hidden.includes(name) : true) hidden.add(name);
    }
    const required = new Set<string>();
    const readonly: Record<string, string> = {};
    const options: Record<string, string[]> = {};
    for (const rule of told) {
      const held = truths.get(rule.name);
      for (const name of rule.fields ?? []) {
        if (rule.kind === "show") continue;
        if (rule.kind === "options") {
          const told = answer.options.find((one) => one.rule === rule.name && one.field === name)?.options ?? null;
          const allowed = held === null || held === undefined ? told : held ? allowedBy(rule, values) : null;
          if (allowed) options[name] = (options[name] ?? [...allowed]).filter((one) => allowed.includes(one));
          continue;
        }
        const side = rule.kind === "require" ? answer.required : answer.readonly;
        const one = side.find((said) => said.rule === rule.name && said.field === name);
        if (!(held ?? one)) continue;
        if (rule.kind === "readonly") readonly[name] = label(rule.message) || label(rule.label, rule.name);
        else if (!hidden.has(name)) required.add(name);
      }
    }
    const { defaults, alike, standard } = answer;
    return { hidden, required, readonly, defaults, alike, options, standard };
  }, [said, answer, object]);
}

/** What a gate that has refused a move looks at: it can be filled in on the way. */
export function gateFields(object: ObjectDef, refusal: ApiError, label: ReturnType<typeof useLabel>): string[] {
  const said = new Set(refusal.errors.map((problem) => problem.message));
  const gates = object.rules.filter((rule) => rule.kind === "gate" && said.has(label(rule.message)));
  return gates.flatMap((rule) => fieldsOf(rule.when));
}
