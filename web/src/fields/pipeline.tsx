import { choiceTwin } from "./Choose";
import { asText, type Twin } from "./twin";

/** The pipelines of the object that the field is on. */
export default choiceTwin((field, ctx) => {
  const owner = ctx.catalog.objects.find((object) => object.fields.includes(field));
  return ctx.catalog.pipelines.filter(
    (one) => !owner || one.object === owner.name || one.object === asText(field.config.object),
  );
}) satisfies Twin;
