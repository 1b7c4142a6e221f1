import type { Pipeline, Stage } from "../schema/catalog";
import { choiceTwin } from "./Choose";
import { asText, type FormatContext, type Twin, type Values } from "./twin";

/** The stages that a record may be in: those of its own pipeline, of the field's, or of all of the object's. */
export function stagesFor(
  field: { name: string; config: Record<string, unknown> },
  ctx: Pick<FormatContext, "catalog">,
  values?: Values,
): Stage[] {
  const owner = ctx.catalog.objects.find((object) => object.fields.some((one) => one === field));
  const all = ctx.catalog.pipelines.filter((one) => !owner || one.object === owner.name);
  const chooser = owner?.fields.find((one) => one.type === "pipeline");
  const chosen = asText(values?.[chooser?.name ?? ""]) || asText(field.config.pipeline);
  const found: Pipeline[] = all.filter((one) => one.name === chosen);
  // Without a record (a condition, a column) every pipeline's stages count.
  const from = values && found.length ? found : chooser ? all : found.length ? found : all;
  const stages = new Map<string, Stage>();
  for (const pipeline of from)
    for (const stage of pipeline.stages) if (!stages.has(stage.name)) stages.set(stage.name, stage);
  return [...stages.values()];
}

export default {
  ...choiceTwin((field, ctx, values) => stagesFor(field, ctx, values)),
  initial: (field, catalog, values) => stagesFor(field, { catalog }, values)[0]?.name ?? null,
  needs: (value, field, catalog, values) =>
    stagesFor(field, { catalog }, values).find((stage) => stage.name === value)?.required ?? [],
  fits: (value, field, catalog, values) => stagesFor(field, { catalog }, values).some((stage) => stage.name === value),
} satisfies Twin;
