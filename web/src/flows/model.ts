/** A flow as plain data: a trigger and a tree of steps, and what can be named at each place of it. */
import type { Catalog, Label, ObjectDef } from "../schema/catalog";

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
  name?: string;
}

export interface Definition extends Given {
  object: string | null;
  trigger: Given & { kind: string };
  steps: Step[];
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
  counts: { running: number; waiting: number; failed: number; done_30d: number };
  updated_at: string;
}

export interface FullFlow extends Omit<Flow, "counts"> {
  definition: Definition;
  live: Definition | null;
  edit: number;
  hook: string | null;
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

/** Every step with the place of its list, in the order in which they stand. */
export function* walk(
  what: Definition,
  kinds: Kinds | undefined,
  place: Place = ROOT,
): Generator<{ step: Step; place: Place; at: number }> {
  for (const [at, step] of listAt(what, place).entries()) {
    yield { step, place, at };
    const kind = kinds?.steps.find((one) => one.name === step.kind);
    for (const list of nestedOf(step, kind, [...place, at])) yield* walk(what, kinds, list.place);
  }
}

/** A short name that no step has. */
export function freeId(what: Definition, kinds: Kinds | undefined): string {
  const taken = new Set([...walk(what, kinds)].map(({ step }) => step.id));
  let n = 1;
  while (taken.has(`s${n}`)) n += 1;
  return `s${n}`;
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
      for (const list of nestedOf(step, kind, [...place, at])) {
        if (step.kind === "loop" && typeof step.object === "string")
          found.push({ path: "loop.record", object: step.object });
        if (within(list.place)) return true;
        found.length = before;
      }
      for (const [name, said] of Object.entries(kind?.outputs ?? {})) {
        const object = objectOf(step, said);
        if (object && catalog.object(object)) found.push({ path: `steps.${step.id}.${name}`, object, step });
      }
    }
    return false;
  };
  within(ROOT);
  return found;
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
