/** What is where: areas with their lists, from the catalog, and the pages beside them. */
import { useMemo } from "react";
import { useWaitingCount } from "../api/approvals";
import { useCatalog, useMe } from "../api/queries";
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

interface PageDef {
  to: string;
  title: Key;
  icon: string;
  /** What one must be allowed to do. */
  right?: string;
  /** It stands with the areas: one works in it every day. */
  daily?: boolean;
}

/** A page inside another comes before it. */
const PAGES: PageDef[] = [
  { to: "/pools", title: "pools.title", icon: "waves", daily: true },
  { to: "/segments", title: "seg.title", icon: "segments" },
  { to: "/approvals", title: "approval.title", icon: "stamp" },
  { to: "/settings/flows", title: "flow.title", icon: "workflow", right: "catalog" },
  { to: "/duplicates", title: "twins.title", icon: "twins" },
  { to: "/quality", title: "quality.title", icon: "gauge" },
  { to: "/changes", title: "shell.changes", icon: "history" },
  { to: "/bin", title: "shell.bin", icon: "trash", right: "bin" },
  { to: "/settings", title: "shell.settings", icon: "sliders" },
];

/** The pages that the reader may open, with how much waits in each. */
export function usePages() {
  const t = useT();
  const catalog = useCatalog();
  const { can } = useMe();
  const waiting = useWaitingCount();
  const pools = catalog.objects.some((object) => object.pools?.length);
  return PAGES.filter(({ to, right }) => (right ? can.includes(right) : to !== "/pools" || pools)).map((page) => ({
    ...page,
    title: t(page.title),
    n: page.to === "/approvals" ? waiting : 0,
  }));
}
