/** Where a field is used: views, forms, stages that ask for it. */
import type { Catalog, Field, ObjectDef, View } from "../schema/catalog";

export interface Uses {
  views: View[];
  sections: number;
  stages: number;
  total: number;
}

export function usesOf(catalog: Catalog, object: ObjectDef, field: Field): Uses {
  const { name } = field;
  const quoted = `"field":"${name}"`;
  const views = object.views.filter(
    (view) =>
      view.columns.includes(name) ||
      view.card.includes(name) ||
      view.by === name ||
      view.sum === name ||
      (view.sort ?? "").split(",").some((key) => key.replace(/^-/, "") === name) ||
      JSON.stringify(view.filter ?? null).includes(quoted),
  );
  const sections =
    object.layout.sections.filter((section) => section.fields.includes(name)).length +
    (object.layout.header.includes(name) ? 1 : 0);
  const stages = catalog
    .pipelinesOf(object)
    .reduce((sum, pipeline) => sum + pipeline.stages.filter((stage) => stage.required.includes(name)).length, 0);
  return { views, sections, stages, total: views.length + sections + stages };
}
