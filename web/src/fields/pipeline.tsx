import type { Catalog, Field, Pipeline } from "../schema/catalog";
import { choiceTwin } from "./Choose";
import type { Twin } from "./twin";

/** The pipelines of the object that the field is on. */
function pipelinesFor(field: Field, catalog: Catalog): Pipeline[] {
  const owner = catalog.objects.find((object) => object.fields.includes(field));
  return catalog.pipelines.filter((one) => !owner || one.object === owner.name);
}

export default {
  ...choiceTwin((field, ctx) => pipelinesFor(field, ctx.catalog)),
  initial: (field, catalog) => pipelinesFor(field, catalog)[0]?.name ?? null,
} satisfies Twin;
