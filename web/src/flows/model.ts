/** A flow as plain data: a trigger and a tree of steps, and what can be named at each place of it. */
import type { Catalog, Label, ObjectDef } from "../schema/catalog";
import { same } from "../schema/filter";

export interface Parameter {
  name: string;
  type: string;
  label: Label;
  required: boolean;
  /** Whose fields: `flow`, or the name of another parameter. */
  of: string;
  options?: { name: string; label: Label }[];
  kinds?: string[];
  when?: Record<string, unknown[]>;
  low?: number;
  high?: number;
  default?: unknown;
  help?: Label;
}

interface Kind {
  name: string;
  label: Label;
  hint: Label;
  icon: string;
  parameters: Parameter[];
}

export interface StepKind extends Kind {
  group: string;
  outside: boolean;
  /** Names of the lists of steps inside; `cases` is a list of cases that have one each. */
  nested: string[];
  outputs: Record<string, string>;
}

export interface TriggerKind extends Kind {
  /** Whether a flow with it has an object. */
  about: "no" | "may" | "must";
}

export interface Kinds {
  triggers: TriggerKind[];
  steps: StepKind[];
}

export type Given = Readonly<Record<string, unknown>>;

export interface Step extends Given {
  id: string;
  kind: string;
  name?: string | Label;
}

export interface Definition extends Given {
  object: string | null;
  trigger: Given & { kind: string };
  steps: Step[];
  limits?: { runs_per_hour?: number };
}

export interface Flow {
  id: string;
  name: string;
  label: Label;
  object: string | null;
  trigger: string | null;
  active: boolean;
  version: number;
  draft: boolean;
  /** It is on, and whoever it acts for is not active any more. */
  orphan?: boolean;
  counts: { running: number; waiting: number; failed: number; done_30d: number };
  updated_at: string;
}

export interface FullFlow extends Omit<Flow, "counts"> {
  definition: Definition;
  live: Definition | null;
  edit: number;
  hook: string | null;
  /** The public address of its form. */
  form: string | null;
}

/** One of the definitions that were in force. */
export interface Version {
  version: number;
  at: string;
  actor: { id: string; title: string | null } | null;
  definition: Definition;
}

export interface Problem {
  step: string | null;
  field: string | null;
  code: string;
  message: string;
}

/** Where a list of steps stands: keys and places from the definition down. */
export type Place = readonly (string | number)[];

export const ROOT: Place = ["steps"];

export function listAt(what: Definition, place: Place): Step[] {
  let at: unknown = what;
  for (const key of place) at = (at as Record<string | number, unknown> | undefined)?.[key];
  return Array.isArray(at) ? (at as Step[]) : [];
}

function changed(at: unknown, place: Place, list: Step[]): unknown {
  const [key, ...rest] = place;
  if (key === undefined) return list;
  if (typeof key === "number") {
    const copy = [...((at as unknown[]) ?? [])];
    copy[key] = changed(copy[key], rest, list);
    return copy;
  }
  const form = (at ?? {}) as Record<string, unknown>;
  return { ...form, [key]: changed(form[key], rest, list) };
}

export const withList = (what: Definition, place: Place, list: Step[]): Definition =>
  changed(what, place, list) as Definition;

export interface Nested {
  place: Place;
  steps: Step[];
  /** `case` with its index, or the name of the list. */
  name: string;
  at: number;
}

/** The lists of steps inside a step that stands at `place`. */
export function nestedOf(step: Step, kind: StepKind | undefined, place: Place): Nested[] {
  return (kind?.nested ?? []).flatMap((name): Nested[] => {
    // What follows a wait that timed out is there for waits that can.
    if (name === "timed_out" && step.how !== "event" && !(step[name] as Step[] | undefined)?.length) return [];
    if (name !== "cases") return [{ place: [...place, name], steps: (step[name] as Step[]) ?? [], name, at: 0 }];
    const cases = (step.cases as { steps?: Step[] }[]) ?? [];
    return cases.map((one, at) => ({
      place: [...place, "cases", at, "steps"],
      steps: one.steps ?? [],
      name: "case",
      at,
    }));
  });
}

export interface Stand {
  step: Step;
  place: Place;
  at: number;
  /** The list by the step that holds it. */
  list: string;
}

/** Every step with the place of its list, in the order in which they stand. */
export function* walk(what: Definition, kinds: Kinds | undefined, place: Place = ROOT, list = ""): Generator<Stand> {
  for (const [at, step] of listAt(what, place).entries()) {
    yield { step, place, at, list };
    const kind = kinds?.steps.find((one) => one.name === step.kind);
    for (const { place: inner, name, at: n } of nestedOf(step, kind, [...place, at]))
      yield* walk(what, kinds, inner, `${step.id}.${name}${n}`);
  }
}

/** A short name that no step has. */
export function freeId(what: Definition, kinds: Kinds | undefined): string {
  const taken = new Set([...walk(what, kinds)].map(({ step }) => step.id));
  let n = 1;
  while (taken.has(`s${n}`)) n += 1;
  return `s${n}`;
}

/** A definition with a step moved to a place; as it was when that place lies inside the step. */
export function moved(what: Definition, kinds: Kinds, id: string, place: Place, at: number): Definition {
  const from = [...walk(what, kinds)].find(({ step }) => step.id === id);
  const own = from && [...from.place, from.at];
  if (!from || own?.every((key, n) => place[n] === key)) return what;
  // Put down first and taken away then, since taking away moves what stands behind.
  const put = withList(what, place, listAt(what, place).toSpliced(at, 0, { ...from.step, id: "" }));
  const left = [...walk(put, kinds)].find(({ step }) => step.id === id);
  const without = left ? withList(put, left.place, listAt(put, left.place).toSpliced(left.at, 1)) : put;
  const there = [...walk(without, kinds)].find(({ step }) => step.id === "");
  return there ? withList(without, there.place, listAt(without, there.place).with(there.at, from.step)) : what;
}

/** A step with all that it holds under names of their own; what is named among them is named anew too. */
export function copied(what: Definition, kinds: Kinds, step: Step): Step {
  const inside: Definition = { object: null, trigger: { kind: "" }, steps: [step] };
  const taken = new Set([...walk(what, kinds)].map((one) => one.step.id));
  const names = new Map<string, string>();
  let n = 0;
  for (const { step: one } of walk(inside, kinds)) {
    do n += 1;
    while (taken.has(`s${n}`));
    names.set(one.id, `s${n}`);
  }
  const anew = (value: unknown): unknown => {
    if (typeof value === "string")
      return value.replace(/\bsteps\.(\w+)/g, (all, id: string) => (names.has(id) ? `steps.${names.get(id)}` : all));
    if (Array.isArray(value)) return value.map(anew);
    if (value === null || typeof value !== "object") return value;
    const form = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, anew(one)]));
    return typeof form.kind === "string" && names.has(form.id as string)
      ? { ...form, id: names.get(form.id as string) }
      : form;
  };
  return anew(step) as Step;
}

/** The places of the longest series of numbers that rise. */
function rising(numbers: number[]): Set<number> {
  const best = numbers.map((_, n) => [n]);
  for (const [n, one] of numbers.entries())
    for (let before = 0; before < n; before += 1) {
      const series = best[before] as number[];
      if ((numbers[before] as number) < one && series.length >= (best[n] as number[]).length) best[n] = [...series, n];
    }
  return new Set(best.reduce((a, b) => (b.length > a.length ? b : a), []));
}

export interface Difference {
  what: "added" | "removed" | "changed" | "moved";
  /** None for what begins the flow. */
  step: Step | null;
  /** Names of what is set otherwise. */
  parts: string[];
}

/** What changed from one version to another, in the order of the later one. */
export function differences(before: Definition, after: Definition, kinds: Kinds): Difference[] {
  const was = new Map([...walk(before, kinds)].map((one) => [one.step.id, one]));
  const is = new Map([...walk(after, kinds)].map((one) => [one.step.id, one]));
  const nested = new Set(kinds.steps.flatMap((one) => one.nested));
  const parts = (a: Given, b: Given): string[] =>
    [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => {
      const plain = (given: Given) =>
        name === "cases" ? (given.cases as Given[] | undefined)?.map((one) => ({ ...one, steps: [] })) : given[name];
      return (name === "cases" || !nested.has(name)) && !same(plain(a) ?? null, plain(b) ?? null);
    });
  const begins = ({ trigger, object, limits }: Definition): Given => ({ ...trigger, ...limits, object });
  const started = parts(begins(before), begins(after));
  const out: Difference[] = started.length ? [{ what: "changed", step: null, parts: started }] : [];
  const moved = new Set(
    [...is.values()].filter(({ step, list }) => (was.get(step.id)?.list ?? list) !== list).map((one) => one.step.id),
  );
  for (const list of new Set([...is.values()].map((one) => one.list))) {
    const stayed = [...is.values()].filter(
      (one) => one.list === list && was.has(one.step.id) && !moved.has(one.step.id),
    );
    const kept = rising(stayed.map((one) => was.get(one.step.id)?.at ?? 0));
    for (const [n, { step }] of stayed.entries()) if (!kept.has(n)) moved.add(step.id);
  }
  for (const [id, { step }] of is) {
    const old = was.get(id);
    const changed = old ? parts(old.step, step) : [];
    if (!old) out.push({ what: "added", step, parts: [] });
    else if (changed.length) out.push({ what: "changed", step, parts: changed });
    else if (moved.has(id)) out.push({ what: "moved", step, parts: [] });
  }
  for (const [id, { step }] of was) if (!is.has(id)) out.push({ what: "removed", step, parts: [] });
  return out;
}

/** A new step of a kind with what its parameters begin with. */
export function freshStep(id: string, kind: StepKind): Step {
  const step: Record<string, unknown> = { id, kind: kind.name };
  for (const one of kind.parameters) if (one.default !== undefined) step[one.name] = one.default;
  for (const name of kind.nested) step[name] = name === "cases" ? [{ name: "", filter: null, steps: [] }] : [];
  return step as Step;
}

/** Parameters that are asked for, by what others are set to. */
export const asked = (parameters: Parameter[], given: Given): Parameter[] =>
  parameters.filter((one) => Object.entries(one.when ?? {}).every(([name, values]) => values.includes(given[name])));

/** A record that can be named: its path, its object, and how it is told. */
export interface Root {
  path: string;
  object: string;
  /** The step that made it. */
  step?: Step;
  /** What a form asks for, in place of an object. */
  fields?: { name: string; label: Label }[];
}

/** What the form or button that begins the flow asks for. */
function inputOf({ trigger }: Definition): Root[] {
  const fields = Array.isArray(trigger.fields) ? (trigger.fields as { name?: unknown; label?: Label }[]) : [];
  const named = fields.flatMap((one) =>
    typeof one === "object" && typeof one.name === "string"
      ? { name: one.name, label: one.label ?? { en: one.name } }
      : [],
  );
  return named.length ? [{ path: "input", object: "", fields: named }] : [];
}

/** The records that can be named at a place: what started the run, what a loop is at, what steps before gave. */
export function rootsAt(what: Definition, kinds: Kinds | undefined, catalog: Catalog, id: string | null): Root[] {
  const found: Root[] = what.object && catalog.object(what.object) ? [{ path: "record", object: what.object }] : [];
  if (id === null) return found;
  const kindOf = (step: Step) => kinds?.steps.find((one) => one.name === step.kind);
  const objectOf = (step: Step, said: string): string | undefined => {
    if (!said.startsWith("=")) return said || undefined;
    const value = step[said.slice(1)];
    if (typeof value !== "string") return undefined;
    return catalog.object(value) ? value : objectAt(found, catalog, value);
  };
  const within = (place: Place): boolean => {
    for (const [at, step] of listAt(what, place).entries()) {
      if (step.id === id) return true;
      const kind = kindOf(step);
      const before = found.length;
      const own = Object.entries(kind?.outputs ?? {}).flatMap(([name, said]) => {
        const object = objectOf(step, said);
        return object && catalog.object(object) ? [{ path: `steps.${step.id}.${name}`, object, step }] : [];
      });
      for (const list of nestedOf(step, kind, [...place, at])) {
        if (step.kind !== "loop") found.push(...own);
        else if (typeof step.object === "string") found.push({ path: "loop.record", object: step.object });
        if (within(list.place)) return true;
        found.length = before;
      }
      found.push(...own);
    }
    return false;
  };
  within(ROOT);
  return [...found, ...inputOf(what)];
}

/** The object of the record that a path leads to. */
export function objectAt(roots: Root[], catalog: Catalog, path: string): string | undefined {
  const root = roots.find((one) => path === one.path || path.startsWith(`${one.path}.`));
  let at: ObjectDef | undefined = catalog.object(root?.object);
  for (const name of root
    ? path
        .slice(root.path.length + 1)
        .split(".")
        .filter(Boolean)
    : []) {
    const field = at?.fields.find((one) => one.name === name);
    at = catalog.object(field?.target);
  }
  return at?.name;
}

const PLACE = /\{([A-Za-z_][\w.]*)\}/g;

/** A text whose places are said by what stands there: ‹Account · Name›. */
export function spoken(
  text: string,
  roots: Root[],
  catalog: Catalog,
  label: (from: Label, fallback?: string) => string,
): string {
  const named = (path: string): string[] => {
    const root = roots.find((one) => path.startsWith(`${one.path}.`)) ?? roots.find((one) => one.path === "record");
    const rest = (root && path.startsWith(`${root.path}.`) ? path.slice(root.path.length + 1) : path).split(".");
    let at: ObjectDef | undefined = catalog.object(root?.object);
    return rest.map((name) => {
      const field = (root?.fields ?? at?.fields)?.find((one) => one.name === name);
      at = catalog.object((field as { target?: string | null } | undefined)?.target);
      return field ? label(field.label, name) : name;
    });
  };
  return text.replace(PLACE, (_, path: string) => `‹${named(path).join(" · ")}›`);
}
