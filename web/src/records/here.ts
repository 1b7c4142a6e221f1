import { useNavigate } from "@tanstack/react-router";
import type { Filter } from "../schema/filter";
import { useCreate } from "../shell/create";
import type { List } from "./list";

/** New records made in a list fit what it shows, where its conditions are simple. */
function valuesOf(filter: Filter | null): Record<string, unknown> {
  const parts = !filter ? [] : "and" in filter ? filter.and : [filter];
  const values: Record<string, unknown> = {};
  for (const part of parts) {
    if (!("field" in part) || part.op !== "eq" || part.field.includes(".")) continue;
    if (typeof part.value === "string" && !part.value.startsWith("$")) values[part.field] = part.value;
  }
  return values;
}

/** Opens the form for a new record of a list, or nothing where there is no right to one. */
export function useCreateHere(list: List): ((values?: Record<string, unknown>) => void) | undefined {
  const create = useCreate();
  const navigate = useNavigate();
  const { name } = list.object;
  if (!list.object.can.create) return undefined;
  return (values) =>
    create({
      object: name,
      values: { ...valuesOf(list.filter), ...values },
      onDone: (id) => void navigate({ to: "/o/$object/$id", params: { object: name, id } }),
    });
}
