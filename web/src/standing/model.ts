/** Standing as the server tells it, and schemes as one edits them. */
import { queryOptions } from "@tanstack/react-query";
import { ApiError, api } from "../api/client";
import { ABOVE } from "../api/queries";
import type { FormatContext } from "../fields";
import type { Catalog, Label, ObjectDef } from "../schema/catalog";
import type { Filter } from "../schema/filter";

export type Kind = "grade" | "lifecycle";
export const KINDS: Kind[] = ["grade", "lifecycle"];

export interface Input {
  formula?: string;
  children?: string;
  function?: string;
  field?: string;
  where?: Filter | null;
}

export interface Scale {
  kind: "bands" | "linear" | "percentile" | "options";
  bands?: { from: number; points: number }[];
  low?: number;
  high?: number;
  down?: boolean;
  options?: Record<string, number>;
}

export interface Factor {
  name: string;
  label?: Label;
  weight: number;
  input: Input;
  scale: Scale;
  empty?: number | null;
}

export interface Axis {
  name: string;
  label?: Label;
  weight: number;
  field?: string;
  factors: Factor[];
}

export interface Grade {
  name: string;
  label?: Label;
  color?: string;
  from: number;
  every?: Record<string, number | null>;
  response?: number | null;
  service?: string;
}

export interface Stage {
  name: string;
  label?: Label;
  color?: string;
  kind?: "path" | "aside" | "lost";
  when?: Filter | null;
  after?: string[];
  days?: number | null;
}

export interface Plan {
  field?: string;
  when?: Filter | null;
  axes?: Axis[];
  grades?: Grade[];
  contacts?: { name: string; label?: Label; input: Input }[];
  score?: string;
  due?: string;
  stages?: Stage[];
  since?: string;
}

const bare = <T extends { label?: unknown; color?: unknown }>({ label: _label, color: _color, ...rest }: T) => rest;

/** What of a plan decides who stands where: what things are called does not. */
export const deciding = (plan: Plan) => ({
  ...plan,
  axes: plan.axes?.map((axis) => ({ ...bare(axis), factors: axis.factors.map(bare) })),
  grades: plan.grades?.map(bare),
  contacts: plan.contacts?.map(bare),
  stages: plan.stages?.map(bare),
});

export interface Scheme {
  object: string;
  kind: Kind;
  active: boolean;
  edit: number;
  reckoned_at: string | null;
  plan: Plan;
  faults: { field: string | null; message: string }[];
}

export interface Preview {
  total: number;
  moves: { from: string | null; to: string | null; count: number }[];
  before: Record<string, number>;
  after: Record<string, number>;
  risen: number;
  fallen: number;
}

export interface ToldFactor {
  name: string;
  label: Label;
  weight: number;
  points: number | null;
  value?: number | string | null;
  at?: string | null;
  unit?: string;
  /** Less is better. */
  falls?: boolean;
  hidden?: boolean;
  fault?: string;
  input: Input;
}

export interface Override {
  value: string;
  reason: string;
  until: string | null;
  by: { id: string; title: string | null } | null;
}

export interface Standing {
  grade: {
    field: string;
    value: string | null;
    /** What the rules say, whatever was laid down by hand. */
    reckoned: string | null;
    /** The reader may lay it down by hand. */
    may: boolean;
    points: number | null;
    axes: { name: string; label: Label; weight: number; points: number | null; factors: ToldFactor[] }[];
    raises: { axis: string; factor: string; label: Label; to: number | string; gain: number; reaches: string | null }[];
    service: { every: Record<string, number>; response: number | null; text: string } | null;
    contacts: { name: string; label: Label; every: number; due: string | null; last: string | null; late: number }[];
    override: Override | null;
  } | null;
  lifecycle: {
    field: string;
    value: string | null;
    reckoned: string | null;
    may: boolean;
    since: string | null;
    override: Override | null;
  } | null;
  passages: {
    kind: Kind;
    from: string | null;
    to: string | null;
    at: string;
    reason: { by: string; said?: string; user?: { title: string | null } };
  }[];
}

export interface Journey {
  field: string;
  stages: {
    name: string;
    kind: "path" | "aside" | "lost";
    now: number;
    entered: number;
    went_on: number;
    conversion: number | null;
    days: number | null;
  }[];
  moves: { from: string | null; to: string | null; count: number }[];
}

/** Below the records, so that whatever writes one asks for this again. */
export const standingQuery = (object: string, id: string) =>
  queryOptions({
    queryKey: ["records", object, "standing", id] as const,
    meta: ABOVE,
    // The rest of the page does without it, and does not suspend for a failure.
    queryFn: ({ signal }): Promise<Standing | { failed: unknown } | null> =>
      api
        .get<Standing>(`/standing/records/${object}/${id}`, undefined, signal)
        .catch((failed) => (failed instanceof ApiError && [403, 404].includes(failed.status) ? null : { failed })),
    staleTime: 15_000,
  });

export const schemeQuery = (object: string, kind: Kind) =>
  queryOptions({
    queryKey: ["standing", object, kind] as const,
    queryFn: ({ signal }) => api.get<Scheme>(`/standing/schemes/${object}/${kind}`, undefined, signal),
  });

/** The name of an option of a field, such as a grade or a stage. */
export function optionLabel(
  object: ObjectDef,
  field: string,
  name: string | null | undefined,
  ctx: FormatContext,
): string {
  const option = object.fields.find((one) => one.name === field)?.options.find((one) => one.name === name);
  return option ? ctx.label(option.label, option.name) : (name ?? "—");
}

/** A factor that counts the days since something. */
export const inDays = ({ unit }: { unit?: string }): boolean => unit === "date" || unit === "datetime";

/** What a factor looked at, in words. */
export function valueWords(factor: ToldFactor, object: ObjectDef, ctx: FormatContext): string {
  const { value, unit } = factor;
  if (value === null || value === undefined) return "—";
  if (unit === "choice") return optionLabel(object, factor.input.formula ?? "", String(value), ctx);
  // Where many days are good they are how long something lasts, otherwise how long ago it was.
  if (inDays(factor)) return ctx.t(factor.falls ? "standing.days.ago" : "standing.days", { n: Number(value) });
  return figure(Number(value), unit, ctx);
}

export function figure(value: number, unit: string | undefined, ctx: FormatContext): string {
  if (unit === "money") return ctx.f.joined(ctx.f.short(value));
  return ctx.f.number(Math.round(value * 10) / 10);
}

/** What an input reads, in words. */
export function inputWords(input: Input, object: ObjectDef, catalog: Catalog, ctx: FormatContext): string {
  if (!input.children) {
    const field = object.fields.find((one) => one.name === input.formula);
    return field ? ctx.label(field.label, field.name) : (input.formula ?? "");
  }
  const related = object.related.find((one) => one.name === input.children);
  const child = catalog.object(related?.object);
  const field = child?.fields.find((one) => one.name === input.field);
  const list = ctx.label(related?.label) || ctx.label(child?.plural) || input.children;
  return [list, ctx.t(`standing.fn.${input.function ?? "count"}` as never), field && ctx.label(field.label, field.name)]
    .filter(Boolean)
    .join(" · ");
}
