import type { Field, ObjectDef } from "./catalog";

/** Choices of one, as stages and selects are. */
export const choicesOf = (object: ObjectDef): Field[] =>
  object.fields.filter((one) => (one.type === "select" || one.type === "stage") && !one.of && !one.system);

/** The field that says how a record stands: its stage, what its board is by, or else the first choice that has colours. */
export function stateOf(object: ObjectDef): Field | undefined {
  const choices = choicesOf(object);
  const by = object.views.find((one) => one.kind === "board" && one.scope === "standard")?.by;
  return (
    choices.find((one) => one.type === "stage") ??
    choices.find((one) => one.name === by) ??
    choices.find((one) => one.options.some((option) => option.color))
  );
}
