/**
 * What a field type is in the browser: the twin of a class in the server's type registry. One file here per type; nothing
 * else on the page asks for the name of a type.
 */
import { type ComponentType, createContext, createElement, type ReactNode, useContext, useMemo } from "react";
import { useCatalog } from "../api/queries";
import { type Format, type T, useFormat, useLabel, useLanguage, useT } from "../i18n";
import type { Catalog, Field, Label } from "../schema/catalog";
import type { Reach } from "./reach";
import { useTitles } from "./titles";

export type Values = Readonly<Record<string, unknown>>;

/** What printing a value depends on. */
export interface FormatContext {
  language: string;
  timezone: string;
  /** The workspace's own currency: amounts in it are shown without its sign where space is dear. */
  currency: string;
  f: Format;
  t: T;
  label: (label: Label | null | undefined, fallback?: string) => string;
  catalog: Catalog;
  /** Changes when a title that was only an id has become known. */
  titles: number;
}

const Printing = createContext<FormatContext | null>(null);

/** Works out once what every cell of the page asks for. */
export function FormatProvider({ children }: { children?: ReactNode }) {
  const catalog = useCatalog();
  const f = useFormat();
  const t = useT();
  const label = useLabel();
  const { language } = useLanguage();
  const titles = useTitles();
  const value = useMemo(
    () => ({
      language,
      timezone: f.locale.timezone,
      currency: catalog.workspace.currency,
      f,
      t,
      label,
      catalog,
      titles,
    }),
    [catalog, f, t, label, language, titles],
  );
  return createElement(Printing.Provider, { value }, children);
}

export function useFormatContext(): FormatContext {
  const value = useContext(Printing);
  if (!value) throw new Error("useFormatContext outside FormatProvider");
  return value;
}

/** What the figures of a column are divided by, so that its head can say the unit once for all. */
export interface Scale {
  size: number;
  unit: string;
}

export interface CellProps {
  field: Field;
  value: unknown;
  /** Given to the cells of a type that has a scale. */
  scale?: Scale;
  /** The whole record, for what a value is shown beside (an amount's currency). */
  record?: Values;
}

export interface InputProps {
  field: Field;
  /** The API form, as read: a link is `{id, title}`. */
  value: unknown;
  /** `more` are values of companion fields (`amount_currency`). What cannot be understood is passed on as typed: the server says what is wrong. */
  onChange: (value: unknown, more?: Values) => void;
  /** The value is complete: Enter, or a choice made. Comes after its `onChange`, with the same value. */
  onCommit?: (value: unknown, more?: Values) => void;
  autoFocus?: boolean;
  status?: "error" | "warning";
  id?: string;
  /** The other values of the form. */
  values?: Values;
  disabled?: boolean;
  size?: "small" | "middle" | "large";
  /** The name for screen readers where no label stands beside it. */
  label?: string;
}

/** Of these what a choice takes as it stands; it fills its place. */
export const controlOf = ({ id, size, status, disabled, autoFocus, label }: Partial<InputProps>) => ({
  id,
  size,
  status,
  disabled,
  autoFocus,
  "aria-label": label,
  style: { width: "100%" },
});

export interface FilterProps {
  field: Field;
  op: string;
  value: unknown;
  onChange: (value: unknown) => void;
  autoFocus?: boolean;
}

export interface Twin {
  /** One line in a table; plain elements only, memoised. */
  Cell: ComponentType<CellProps>;
  /** On a record page, where there is room and links may be clicked; the cell where a type has none. */
  Show?: ComponentType<CellProps>;
  Input: ComponentType<InputProps>;
  /** Edits what a condition compares with. */
  Filter: ComponentType<FilterProps>;
  /** The value in words without markup; "" for none. A stage is called as its record's pipeline calls it. */
  format: (value: unknown, field: Field, ctx: FormatContext, record?: Values) => string;
  /** The value as a figure to be read at a glance, rounded, its unit apart; its words where a type has none. */
  figure?: (value: unknown, field: Field, ctx: FormatContext, record?: Values) => { text: string; unit: string };
  /** Whether the field's cell says more than its words, so that cards show it as lists do. */
  drawn?: (field: Field) => boolean;
  /** The unit of a column whose largest value is this; null where the figures are short enough. */
  scale?: (largest: number, ctx: FormatContext) => Scale | null;
  /** A moment has a time of the day. */
  clock?: true;
  /** What stands under a column of these. */
  total?: "sum" | "avg";
  /** What a typed or pasted text means, in the form that `Input` would give; undefined where it means nothing. */
  read?: (text: string, field: Field, ctx: FormatContext) => unknown;
  /** What such a text says of companion fields besides: the currency of an amount. */
  also?: (text: string, field: Field, ctx: FormatContext) => Values | undefined;
  /** What the standard form made of what was typed, its parts told apart; the value's words where a type has none. */
  told?: (value: unknown, parts: Values, ctx: FormatContext) => string;
  /** The form in which a value is written, where that is not how it is read. */
  write?: (value: unknown) => unknown;
  /** What a new record begins with where its field declares nothing. */
  initial?: (field: Field, catalog: Catalog, values: Values) => unknown;
  /** Whether a value may stand beside the others: a stage belongs to its pipeline. */
  fits?: (value: unknown, field: Field, catalog: Catalog, values: Values) => boolean;
  /** Fields that must be filled beside this value: what a stage asks for. */
  needs?: (value: unknown, field: Field, catalog: Catalog, values: Values) => string[];
  /** The type whose twin shows the values of a field, where the field says it. */
  shownAs?: (field: Pick<Field, "config">) => string;
  /** How somebody is reached with the value, where that is what it is for. */
  reach?: Reach;
  /** Two records with the same value are likely the same one. */
  key?: boolean;
  align?: "right";
  /** Width of a table's column that nobody has set, in px. */
  width?: number;
  /** Takes the whole width of a form. */
  wide?: boolean;
  /** Takes its own lines among the facts, once there is something to show. */
  block?: boolean;
  /** The operator that a new condition begins with. */
  defaultOp?: string;
}

export const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);

export const asText = (value: unknown): string =>
  value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);

/** A number, or null for everything else. */
export const asNumber = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value)
    ? value
    : typeof value === "string" && value !== "" && Number.isFinite(Number(value))
      ? Number(value)
      : null;

export const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : isEmpty(value) ? [] : [value]);
