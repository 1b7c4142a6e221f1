/** What a board asks the server for. Apart from the board itself, as the page asks before that is here. */
import type { QueryClient } from "@tanstack/react-query";
import { type AggregateQuery, type AggregateRow, aggregateOptions, listOptions } from "../api/queries";
import { twin } from "../fields";
import type { Field, Label, Pipeline } from "../schema/catalog";
import { both, type Filter, fromSentence, isCondition, toSentence } from "../schema/filter";
import { askedFields } from "./columns";
import { isTime, type List } from "./list";

type Shown = Omit<List, "set" | "reset">;

export interface Lane {
  name: string;
  label: Label;
  color?: string | null;
  /** Lanes that are not worked in (on hold, won, lost) are places to drop on, at the edge. */
  kind: "open" | "on_hold" | "won" | "lost";
  probability?: number;
}

/** Records without a value have a lane too: moving them out of it is how they get one. */
const EMPTY: Lane = { name: "", label: { en: "Not set", zh: "未填" }, kind: "open" };

export const laneFilter = (by: Field, lane: string): Filter =>
  lane ? { field: by.name, op: "eq", value: lane } : { field: by.name, op: "is_empty", value: true };

export function lanesOf({ by, pipeline }: Shown): Lane[] {
  if (by?.field.type === "stage") return pipeline?.stages ?? [];
  const options = (by?.field.options ?? []).filter((option) => !option.retired);
  return [...options.map((option) => ({ ...option, kind: "open" as const })), EMPTY];
}

/** The records of all lanes. */
export function scopeOf({ filter, by, pipelines, pipelineField, pipeline }: Shown): Filter | null {
  // Whether a stage is open, won or lost is for the lanes to say.
  const rest = toSentence(filter);
  const kind = `${by?.field.name}_kind`;
  const wide =
    rest.join === "and"
      ? fromSentence({ ...rest, parts: rest.parts.filter((part) => !isCondition(part) || part.field !== kind) })
      : filter;
  const one =
    pipelines.length > 1 && pipelineField && pipeline
      ? { field: pipelineField.name, op: "eq", value: pipeline.name }
      : null;
  return both(wide, one);
}

export const sumOf = ({ sum, object }: Shown): Field | undefined =>
  sum ?? object.fields.find((field) => twin(field).scale);

/** What a card shows: the view's choice, or name, amount, date, who. */
export function cardFields({ object, view }: Shown, by: Field, sum: Field | undefined): string[] {
  if (view.card.length) return [...new Set([...view.card, ...(sum ? [sum.name] : []), object.owner].filter(Boolean))];
  const link = object.fields.find((field) => field.type === "link");
  const date = object.fields.find((field) => isTime(field) && !field.system && !field.of);
  return [link?.name, sum?.name, date?.name, object.owner].filter(
    (name): name is string => Boolean(name) && name !== by.name,
  );
}

export const laneOptions = (list: Shown, by: Field, lane: string) =>
  listOptions(list.object.name, {
    filter: both(scopeOf(list), laneFilter(by, lane)),
    sort: list.sort || undefined,
    q: list.q || undefined,
    fields: askedFields(list.object, [...cardFields(list, by, sumOf(list)), by.name]),
    limit: 25,
  });

export function figuresQuery(list: Shown, by: Field): AggregateQuery {
  const sum = sumOf(list);
  return {
    filter: scopeOf(list),
    q: list.q || undefined,
    group: [by.name],
    measures: [{ fn: "count", as: "n" }, ...(sum ? [{ fn: "sum" as const, field: sum.name, as: "sum" }] : [])],
  };
}

/** How many records each pipeline has; null where there is nothing to choose between. */
export const pipelinesQuery = (list: Shown): AggregateQuery | null =>
  list.kind === "board" && list.pipelines.length > 1 && list.pipelineField
    ? { group: [list.pipelineField.name], measures: [{ fn: "count", as: "n" }] }
    : null;

/** The pipeline asked for, else the one with the most in it. Undefined until that is known. */
export function pipelineOf(list: Shown, counted: AggregateRow[] | undefined, failed = false): Pipeline | undefined {
  if (!pipelinesQuery(list) || list.pipeline) return list.pipeline ?? list.pipelines[0];
  // What was counted before stays true enough where it cannot be counted anew.
  if (!counted) return failed ? list.pipelines[0] : undefined;
  const field = list.pipelineField?.name ?? "";
  const held = (one: Pipeline) => counted.find((row) => row.group[field] === one.name)?.values.n ?? 0;
  return [...list.pipelines].sort((a, b) => held(b) - held(a))[0];
}

/** Asks for all that the board's first picture shows. */
export async function askBoard(client: QueryClient, list: Shown): Promise<void> {
  const { name } = list.object;
  const counts = pipelinesQuery(list);
  const counted = counts ? await client.fetchQuery(aggregateOptions(name, counts)) : undefined;
  const shown = { ...list, pipeline: pipelineOf(list, counted) };
  const by = shown.by?.field;
  if (!by) return;
  const open = lanesOf(shown).filter((lane) => lane.kind === "open" && lane.name);
  await Promise.all([
    client.prefetchQuery(aggregateOptions(name, figuresQuery(shown, by))),
    ...open.map((lane) => client.prefetchInfiniteQuery(laneOptions(shown, by, lane.name))),
  ]);
}
