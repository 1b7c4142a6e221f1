/** What a condition needs to say something, and what may be asked of related records. */
import { type Field, looseField, type ObjectDef, visibleFields } from "../schema/catalog";
import type { Condition } from "../schema/filter";
import type { Question } from "../schema/related";
import { isTime } from "./list";

/** An operator without a value says nothing yet. */
export function isComplete(condition: Condition): boolean {
  if (condition.op === "is_empty" || condition.op === "invalid") return true;
  const { value } = condition;
  if (value === null || value === undefined || value === "") return false;
  if (!Array.isArray(value)) return true;
  return (
    value.length > 0 &&
    (condition.op !== "between" || value.every((one) => one !== null && one !== undefined && one !== ""))
  );
}

/** Of how many there are: a number without a field of its own. */
export const NUMBER = looseField({
  name: "_count",
  type: "integer",
  readonly: true,
  sortable: true,
  operators: ["gte", "lte", "eq", "ne", "gt", "lt", "between"],
  config: { min: 0 },
});

/** Fields that a figure can be taken of. */
export function figureFields(target: ObjectDef, ask: Question["ask"]): Field[] {
  const fields = visibleFields(target).filter((field) => !field.masked);
  const sums = (field: Field) => field.aggregates.includes("sum");
  if (ask === "sum" || ask === "average") return fields.filter(sums);
  if (ask === "min" || ask === "max") return fields.filter((field) => sums(field) || isTime(field));
  if (ask === "latest")
    return fields.filter(
      (field) => sums(field) || isTime(field) || ["select", "stage", "boolean", "text"].includes(field.type),
    );
  return [];
}

/** The field whose values a question compares; with the operators that a figure has. */
export function askedField(target: ObjectDef | undefined, { ask, field }: Question): Field | undefined {
  if (ask === "any" || ask === "none") return undefined;
  if (ask === "count") return NUMBER;
  const found = target?.fields.find((one) => one.name === field);
  return found && { ...found, operators: found.operators.filter((op) => op !== "contains" && op !== "starts_with") };
}

/** Whether everything that is asked has an answer to compare with. */
export const isAsked = (question: Question): boolean =>
  question.ask === "any" ||
  question.ask === "none" ||
  ((question.ask === "count" || question.field !== undefined) &&
    isComplete({ field: question.field ?? "", op: question.op, value: question.value }));
