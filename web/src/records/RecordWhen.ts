/** Whether an action or a field is offered beside these values: decided here for what is shown and hidden only. */
import { today } from "../fields/dates";
import type { Values } from "../fields/twin";
import type { Catalog, Field } from "../schema/catalog";
import { evaluate, type Reader } from "../schema/evaluate";
import type { Filter } from "../schema/filter";

/** Who reads, for conditions on values of these fields. */
export const readerOf = (catalog: Catalog, fields: Iterable<Field>, before?: Values | null): Reader => ({
  fields: new Map([...fields].map((field) => [field.name, field])),
  me: catalog.me.id,
  today: today(catalog.me.timezone),
  timezone: catalog.me.timezone,
  before,
});

/** What cannot be told here is offered: the server then decides when it is asked. */
export function allows(when: Filter | null | undefined, record: Values, catalog: Catalog, fields: Field[]): boolean {
  const known = fields.filter((field) => field.name in record);
  return evaluate(when, record, readerOf(catalog, known)) !== false;
}
