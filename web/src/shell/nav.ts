/** What is where: the areas of the sidebar and what each holds, from the catalog. */
import { useMemo } from "react";
import { useCatalog } from "../api/queries";
import { type Key, useLabel, useT } from "../i18n";
import type { ObjectDef } from "../schema/catalog";

const AREAS = ["today", "customers", "sales", "marketing", "service", "insight"] as const;

export interface Area {
  name: string;
  label: string;
  icon: string;
  objects: { object: ObjectDef; label: string }[];
}

/** Areas with something in them, in the order of the working day; the company's own objects last. */
export function useAreas(): Area[] {
  const catalog = useCatalog();
  const label = useLabel();
  const t = useT();
  return useMemo(() => {
    const listed = catalog.objects.filter((object) => object.can.read && object.area && object.area !== "settings");
    const known = new Set<string>(AREAS);
    const names = [...AREAS, ...new Set(listed.map((object) => object.area).filter((area) => !known.has(area)))];
    return names
      .map((name) => ({
        name,
        label: known.has(name) || name === "custom" || name === "work" ? t(`shell.area.${name}` as Key) : name,
        icon: name,
        objects: listed
          .filter((object) => object.area === name)
          .map((object) => ({ object, label: label(object.plural, object.name) })),
      }))
      .filter((area) => area.name === "today" || area.objects.length > 0);
  }, [catalog, label, t]);
}
