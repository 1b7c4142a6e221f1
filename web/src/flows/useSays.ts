/** What a trigger or a step does, in one line of words. */
import { useCatalog } from "../api/queries";
import { useLabel, useT } from "../i18n";
import type { Label } from "../schema/catalog";
import { useSegments } from "../segments/queries";
import type { Definition } from "./model";
import { type Given, type Kinds, objectAt, type Parameter, rootsAt, spoken } from "./model";

/** Types whose values say something in one line. */
const TOLD = [
  "action",
  "choice",
  "object",
  "segment",
  "field",
  "fields",
  "values",
  "words",
  "text",
  "duration",
  "days",
  "event",
  "time",
  "zone",
  "number",
  "label",
  "choices",
];

/** `handed`, by step: what it got in a run, with its texts filled. */
export function useSays(
  what: Definition,
  kinds: Kinds | undefined,
  handed?: ReadonlyMap<string, Given>,
): (given: Given & { kind: string; id?: string }) => string {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const segments = useSegments(what.object ?? undefined, what.trigger.kind === "segment");
  return (given) => {
    const kind = [...(kinds?.steps ?? []), ...(kinds?.triggers ?? [])].find(
      (one) => one.name === given.kind && "group" in one === (given.id !== undefined),
    );
    const roots = rootsAt(what, kinds, catalog, given.id ?? null);
    const objectOf = (one: Parameter) => {
      if (one.of === "flow") return catalog.object(what.object);
      const value = String(given[one.of] ?? "record");
      return catalog.object(value) ?? catalog.object(objectAt(roots, catalog, value));
    };
    const named = (one: Parameter, name: string) => {
      const field = objectOf(one)?.fields.find((each) => each.name === name);
      return field ? label(field.label, name) : name;
    };
    const told = (one: Parameter): string => {
      const value = given[one.name];
      if (value === null || value === undefined || value === "" || one.when === undefined) return said(one, value);
      return Object.entries(one.when).every(([name, values]) => values.includes(given[name])) ? said(one, value) : "";
    };
    const got = handed?.get(given.id ?? "");
    /** The words of a text, whichever way it is set: as they were filled, or with its places said. */
    const words = (value: unknown, filled: unknown): string => {
      if (typeof filled === "string") return filled;
      const text = typeof value === "string" ? value : (value as { text?: string | Label } | null | undefined)?.text;
      return spoken(typeof text === "string" ? text : label(text), roots, catalog, label);
    };
    const said = (one: Parameter, value: unknown): string => {
      if (value === null || value === undefined || value === "" || !TOLD.includes(one.type)) return "";
      if (one.type === "choice" || one.type === "choices")
        return (Array.isArray(value) ? value : [value])
          .map((name) => label(one.options?.find((option) => option.name === name)?.label, String(name)))
          .join(t("record.comma"));
      if (one.type === "object") {
        const object = catalog.object(String(value));
        return object ? label(object.label, object.name) : String(value);
      }
      if (one.type === "action") {
        const verb = objectOf(one)?.actions.find((each) => each.name === value);
        return verb ? label(verb.label, verb.name) : String(value);
      }
      if (one.type === "segment") return label(segments.find((each) => each.id === value)?.label);
      if (one.type === "field") return named(one, String(value));
      if (one.type === "fields") return (value as string[]).map((name) => named(one, name)).join(t("record.comma"));
      if (one.type === "values") {
        const title = objectOf(one)?.title ?? "";
        return (
          words((value as Given)[title], (got?.[one.name] as Given | undefined)?.[title]) ||
          Object.keys(value as object)
            .map((name) => named(one, name))
            .join(t("record.comma"))
        );
      }
      if (one.type === "duration")
        return Object.entries(value as Record<string, number>)
          .map(([unit, n]) => t(`flow.span.${unit as "days"}`, { n }))
          .join(" ");
      if (one.type === "days") {
        const n = Number(value);
        return n ? t(n < 0 ? "flow.days.before" : "flow.days.after", { n: Math.abs(n) }) : "";
      }
      if (one.type === "number") return `${label(one.label)} ${value}`;
      if (one.type === "event") {
        const {
          kind = "changed",
          record,
          object: name,
          fields,
        } = value as Record<string, string> & { fields?: string[] };
        const object = catalog.object(name) ?? catalog.object(objectAt(roots, catalog, record ?? "record"));
        const which = (fields ?? []).map((each) => {
          const field = object?.fields.find((one) => one.name === each);
          return field ? label(field.label, each) : each;
        });
        const said = {
          object: object ? label(object.label, object.name) : "",
          what: t(`flow.event.${kind as "changed"}`),
        };
        return t(which.length ? "flow.event.which" : "flow.event.said", {
          ...said,
          fields: which.join(t("record.comma")),
        });
      }
      if (one.type === "words")
        return words(typeof value === "object" ? label(value as Label) : value, got?.[one.name]).slice(0, 60);
      if (typeof value === "object") return label(value as Label);
      return String(value).slice(0, 60);
    };
    const about = given.id === undefined ? catalog.object(what.object) : undefined;
    return [about && label(about.label, about.name), ...(kind?.parameters ?? []).map(told)]
      .filter(Boolean)
      .slice(0, 4)
      .join(" · ");
  };
}
