/** What the inputs of a flow have in common: what they are given, choices, and what can be named at their place. */
import { useCatalog } from "../../api/queries";
import { useLabel, useT } from "../../i18n";
import type { Label, ObjectDef } from "../../schema/catalog";
import { Select } from "../../ui/antd";
import styles from "../flows.module.css";
import { type Given, objectAt, type Parameter, type Root } from "../model";
import { useStepName } from "../parts";

export interface Around {
  given: Given;
  roots: Root[];
  /** What the flow is about. */
  about: string | null;
}

export interface InputProps extends Around {
  id: string;
  one: Parameter;
  value: unknown;
  onChange: (value: unknown) => void;
}

export interface Choice {
  value: string;
  label: string;
}

interface PickedProps extends Pick<InputProps, "id" | "value" | "onChange"> {
  choices: Choice[];
  many?: boolean;
  clear?: boolean;
  search?: boolean;
  placeholder?: string;
}

/** One of some choices, or several: what most lines are. */
export function Picked({ id, value, onChange, choices, many, clear, search, placeholder }: PickedProps) {
  return (
    <Select
      id={id}
      className={styles.wide}
      mode={many ? "multiple" : undefined}
      allowClear={clear}
      showSearch={search ? { optionFilterProp: "label" } : undefined}
      placeholder={placeholder}
      value={(many ? list(value) : (value ?? null)) as string}
      options={choices}
      onChange={(next: unknown) => onChange(next ?? null)}
    />
  );
}

export const text = (value: unknown): string => (typeof value === "string" ? value : "");

export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

export const form = (value: unknown): Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

export function useObjectOf({ one, given, roots, about }: InputProps): ObjectDef | undefined {
  const catalog = useCatalog();
  if (one.of === "flow") return catalog.object(about);
  const value = text(given[one.of]) || (one.of === "record" ? "record" : "");
  if (one.of !== "record" && catalog.object(value)) return catalog.object(value);
  return catalog.object(objectAt(roots, catalog, value));
}

/** How the records that can be named at this place are told. */
export function useRootName(): (root: Root) => string {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const nameOf = useStepName();
  return (root) => {
    const object = catalog.object(root.object);
    const noun = object ? label(object.label, object.name) : root.object;
    if (root.path === "record") return t("flow.root.record", { object: noun });
    if (root.path === "loop.record") return t("flow.root.loop", { object: noun });
    return t("flow.root.step", { object: noun, step: nameOf(root.step) || root.step?.id || "" });
  };
}

export const options = (
  one: Parameter,
  label: (from: Label | null | undefined, fallback?: string) => string,
): Choice[] => (one.options ?? []).map((option) => ({ value: option.name, label: label(option.label, option.name) }));

export const fieldChoices = (
  object: ObjectDef | undefined,
  label: (from: Label) => string,
  kinds?: string[],
): Choice[] =>
  (object?.fields ?? [])
    .filter((field) => !field.of && (!kinds?.length || kinds.includes(field.type)))
    .map((field) => ({ value: field.name, label: label(field.label) }));

/** Places of a text: fields of the records that can be named. */
export function usePlaces(roots: Root[]): { path: string; label: string }[] {
  const label = useLabel();
  const catalog = useCatalog();
  const named = useRootName();
  return roots.flatMap((root) => {
    const object = catalog.object(root.object);
    const head = root.path === "record" ? "" : `${root.path}.`;
    if (root.fields)
      return root.fields.map((one) => ({ path: `input.${one.name}`, label: label(one.label, one.name) }));
    return (object?.fields ?? [])
      .filter((field) => !field.of && !field.config.secret)
      .slice(0, 60)
      .map((field) => ({
        path: `${head}${field.name}`,
        label: roots.length > 1 ? `${named(root)} · ${label(field.label)}` : label(field.label),
      }));
  });
}

/** The objects that a flow can be about. */
export function useObjects(): Choice[] {
  const label = useLabel();
  const catalog = useCatalog();
  return catalog.objects.map((one) => ({ value: one.name, label: label(one.label, one.name) }));
}
