/** Changes of the catalog in words. */
import { useCatalog } from "../api/queries";
import { type Key, useLabel, useT } from "../i18n";
import type { Label } from "../schema/catalog";
import type { CatalogChange } from "./changes";

/** How kinds of change are told; the first that fits. */
const SAYS: [RegExp, Key][] = [
  [/^retire/, "admin.packs.gone"],
  [/^restore/, "admin.packs.back"],
  [/^add_object$/, "admin.packs.new"],
  [/^add_field$/, "admin.packs.fields"],
  [/^change_type$/, "admin.packs.turned"],
  [/_view$/, "admin.packs.views"],
  [/^set_layout$/, "admin.packs.layout"],
  [/_pipeline$/, "admin.packs.pipeline"],
  [/^put_access_rule$/, "admin.packs.access"],
  [/^set_cascade$/, "admin.packs.cascade"],
  [/^put_rule$/, "admin.packs.rules"],
];

/** What changes say, put together by object and kind. */
export function useSentences() {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  return (changes: CatalogChange[]): string[] => {
    const fresh = new Map(changes.filter((c) => c.op === "add_object").map((c) => [c.name, c.label as Label]));
    const named = (object: unknown) =>
      label(fresh.get(object) ?? catalog.object(String(object))?.label, String(object ?? ""));
    const groups = new Map<string, { key: Key; object: string; what: string[]; n: number }>();
    for (const change of changes) {
      const said = (change.view ?? change.option ?? change.rule ?? change) as
        | string
        | { name?: unknown; label?: Label };
      // What goes is only named.
      const part = typeof said === "string" ? { name: said } : said;
      const name = String(part.name ?? change.field ?? change.object ?? "");
      const of = catalog.object(String(change.object));
      const known = [...(of?.fields ?? []), ...(of?.rules ?? []), ...(of?.views ?? [])].find(
        (one) => one.name === name,
      );
      const what = label(("label" in part ? part.label : undefined) ?? known?.label, name);
      const object = named(change.object);
      const key = SAYS.find(([which]) => which.test(change.op))?.[1] ?? "admin.packs.shown";
      const place = key === "admin.packs.pipeline" ? `${key} ${what}` : `${key} ${object}`;
      const group = groups.get(place) ?? { key, object, what: [], n: 0 };
      group.what.push(what);
      group.n = Array.isArray(change.stages) ? change.stages.length : group.n;
      groups.set(place, group);
    }
    return [...groups.values()].map(({ key, object, what, n }) =>
      t(key, { object, n, what: [...new Set(what)].join(t("record.comma")) }),
    );
  };
}
