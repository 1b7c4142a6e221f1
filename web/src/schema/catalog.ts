/** The catalog as the server sends it, and look-ups over it. Everything on the page is drawn from this. */
import type { Filter } from "./filter";

export type Label = Partial<Record<string, string>>;

export interface Option {
  name: string;
  label: Label;
  color?: string | null;
  retired?: boolean;
}

export interface Field {
  name: string;
  type: string;
  label: Label;
  help?: Label;
  required: boolean;
  readonly: boolean;
  unique: boolean;
  /** Has an index of its own. */
  index?: boolean;
  system: boolean;
  custom: boolean;
  /** The field that this one belongs to (a money's currency, a person's family name). */
  of: string | null;
  /** What is written has one standard form, which the server tells. */
  standard?: boolean;
  sortable: boolean;
  groupable: boolean;
  search: boolean;
  operators: string[];
  aggregates: string[];
  options: Option[];
  target: string | null;
  inverse: string | null;
  default: unknown;
  config: Record<string, unknown>;
  /** Shown in a masked form only; with `reveal` one may look behind it. */
  masked?: "masked" | "reveal";
  /** Of a masked field: what it would be in clear. */
  behind?: { object: string; type: string };
}

/** A field that no object has: it is asked for all the same, as the catalog would declare it. */
export function looseField(part: Partial<Field> & Pick<Field, "name" | "type">): Field {
  return {
    label: {},
    required: false,
    readonly: false,
    unique: false,
    system: false,
    custom: false,
    of: null,
    sortable: false,
    groupable: false,
    search: false,
    operators: [],
    aggregates: [],
    options: [],
    target: null,
    inverse: null,
    default: null,
    config: {},
    ...part,
  };
}

export interface View {
  /** null for a standard view, which has a name instead. */
  id: string | null;
  name: string;
  label: Label;
  kind: "table" | "board" | "gallery" | string;
  columns: string[];
  filter: Filter | null;
  sort: string | null;
  by: string | null;
  card: string[];
  sum: string | null;
  scope: "standard" | "personal" | "team" | "shared";
  /** Whose it is, where that is a team. */
  team?: string | null;
  /** Whether this person may change it; a standard one nobody does. */
  mine?: boolean;
  /** What makes a table's sections. */
  group?: string | null;
  look?: Look | null;
  /** Opens before the others. */
  first?: boolean | null;
}

/** How a view is drawn. */
export interface Look {
  /** Columns that were made wider or narrower, in pixels. */
  widths?: Record<string, number>;
  /** Columns that stay in sight beside the name. */
  pin?: string[];
  /** Of a calendar. */
  span?: "month" | "week";
  /** Of a chart. */
  shape?: "bar" | "line" | "funnel";
  grain?: Grain;
  fn?: "count" | "sum" | "avg";
  /** The field, or path, by whose values each mark of a chart is split. */
  split?: string;
}

export type Grain = "day" | "week" | "month" | "quarter" | "year";

export interface Verbs {
  read: boolean;
  create: boolean;
  update: boolean;
  delete: boolean;
  export: boolean;
  import: boolean;
}

export interface Action {
  name: string;
  label: Label;
  input: Field[];
  when: Filter | null;
  /** Stands in the menu, never among the buttons. */
  quiet?: boolean;
  /** The flow that it starts. */
  flow?: string;
}

/** A form about no record, which starts a flow. */
export type FlowForm = Action & { flow: string };

export const RULE_KINDS = [
  "validate",
  "require",
  "show",
  "readonly",
  "default",
  "gate",
  "duplicate",
  "options",
] as const;
export type RuleKind = (typeof RULE_KINDS)[number];

/** Something that records keep to; what a kind does not use is left out. */
export interface Rule {
  name: string;
  kind: RuleKind;
  label: Label;
  active: boolean;
  custom: boolean;
  /** Its condition is not for this reader to see: only the server can tell. */
  asks: boolean;
  when: Filter | null;
  fields?: string[];
  message?: Label;
  value?: unknown;
  /** Of options: the choice by whose option `value` lists them. */
  by?: string;
  pipeline?: string;
  stages?: string[];
  way?: "enter" | "leave";
  match?: { fields: string[]; how: How }[];
  act?: "warn" | "block";
  hidden?: (typeof HIDDEN)[number];
}

export const HIDDEN = ["refuse", "owner", "masked", "ignore"] as const;
export const HOWS = ["exact", "folded", "phone", "email", "standard", "similar"] as const;
export type How = (typeof HOWS)[number];

export interface Related {
  name: string;
  object: string;
  field: string;
  label: Label;
}

export interface AccessRule {
  name: string;
  label: Label;
  when: Filter;
  to: (
    | { role: string }
    | { team: string }
    | { user: string }
    | { owner: true }
    | { everyone: true }
    | Record<string, unknown>
  )[];
  level: string;
  kind: string;
}

export interface Layout {
  sections: { label: Label; fields: string[] }[];
  related: string[];
  header: string[];
  /** The verbs offered as buttons, in order; all without it. */
  actions?: string[] | null;
  /** Whether the buttons of flows are offered also where they are not named. */
  flows?: boolean;
  /** The panels beside the timeline, in order. */
  panels: string[];
}

export interface ObjectDef {
  name: string;
  label: Label;
  plural: Label;
  icon: string;
  area: string;
  custom: boolean;
  /** The field that names a record. */
  title: string;
  subtitle: string[];
  owner: string;
  activity: string;
  /** The day or time by which its records stand on timelines; "" where they do not, or where it is hidden. */
  moment: string;
  /** The choice that says by which channel something came, or that channel itself. */
  channel: string;
  /** Kinds of schemes in force: `grade`, `lifecycle`. */
  standing?: string[];
  can: Verbs;
  fields: Field[];
  layout: Layout;
  /** For who shapes the catalog: the layout of everybody ("") and those of single roles. */
  layouts?: Record<string, Layout>;
  /** For who manages roles: rules by what stands in records, and the links that access comes by. */
  access?: { rules: AccessRule[]; cascades: { field: string; level: string }[] };
  views: View[];
  related: Related[];
  actions: Action[];
  /** The link to the pool that a record belongs to, and the pools that the reader is in. */
  pool?: string;
  pools?: { id: string; name: string; admin: boolean; masked: string[]; views: number | null }[];
  /** The panels that its pages can show. */
  panels: { name: string; label: Label }[];
  /** Whether anything may be the matter with its records. */
  watched: boolean;
  rules: Rule[];
  measures: Record<string, unknown>;
  /** Fields that wait to be restored; for those who may change the catalog. */
  retired?: { name: string; label: Label; type: string }[];
}

export interface Stage {
  name: string;
  label: Label;
  /** On hold is neither open nor decided: it may go on some day. */
  kind: "open" | "on_hold" | "won" | "lost";
  probability: number;
  color?: string | null;
  required: string[];
}

export interface Pipeline {
  name: string;
  object: string;
  label: Label;
  stages: Stage[];
}

export interface Me {
  id: string;
  name: string;
  email: string;
  role: string;
  language: string;
  timezone: string;
  can: string[];
}

export interface Workspace {
  name: string;
  language: string;
  currency: string;
  timezone: string;
}

export interface FieldTypeDef {
  name: string;
  label: Label;
  operators: string[];
  custom: boolean;
  /** Holds several values. */
  many?: boolean;
  /** What a setting may be, of settings that are chosen. */
  choices?: Record<string, Record<string, Label>>;
}

export interface CatalogJson {
  version: number;
  workspace: Workspace;
  me: Me;
  objects: ObjectDef[];
  pipelines: Pipeline[];
  types: FieldTypeDef[];
  roles: { id: string; name: string; title: string }[];
  /** Forms about no record, which start flows. */
  forms?: FlowForm[];
  /** Objects that wait to be restored; for those who may change the catalog. */
  retired_objects?: { name: string; label: Label; icon: string }[];
}

/** A link as records carry it. */
export interface Ref {
  id: string;
  title: string;
  archived?: true;
  object?: string;
}

export interface RecordData {
  id: string;
  version: number;
  [field: string]: unknown;
}

/** A masked field has a twin of its own, whatever its type, and knows what is behind. */
function veiled(object: ObjectDef): ObjectDef {
  if (!object.fields.some((field) => field.masked)) return object;
  const fields = object.fields.map((field) =>
    field.masked ? { ...field, type: "masked", behind: { object: object.name, type: field.type } } : field,
  );
  return { ...object, fields };
}

export class Catalog {
  readonly #objects: Map<string, ObjectDef>;

  readonly json: CatalogJson;

  constructor(json: CatalogJson) {
    this.json = { ...json, objects: json.objects.map(veiled) };
    this.#objects = new Map(this.json.objects.map((object) => [object.name, object]));
  }

  get version(): number {
    return this.json.version;
  }
  get workspace(): Workspace {
    return this.json.workspace;
  }
  get me(): Me {
    return this.json.me;
  }
  get objects(): ObjectDef[] {
    return this.json.objects;
  }
  get pipelines(): Pipeline[] {
    return this.json.pipelines;
  }
  get types(): FieldTypeDef[] {
    return this.json.types;
  }
  get forms(): FlowForm[] {
    return this.json.forms ?? [];
  }
  get roles(): CatalogJson["roles"] {
    return this.json.roles ?? [];
  }

  object(name: string | null | undefined): ObjectDef | undefined {
    return name ? this.#objects.get(name) : undefined;
  }

  /** The field at the end of a path like `account.industry`. */
  field(object: ObjectDef, path: string): Field | undefined {
    const [head, ...rest] = path.split(".");
    const field = object.fields.find((one) => one.name === head);
    if (!field || rest.length === 0) return field;
    const target = this.object(field.target);
    return target && this.field(target, rest.join("."));
  }

  pipelinesOf(object: ObjectDef): Pipeline[] {
    return this.pipelines.filter((pipeline) => pipeline.object === object.name);
  }
}

const behind = new WeakMap<Field, Field>();

/** The pool that a record is in: it belongs to it, and nobody owns it. */
export function poolOf(object: ObjectDef, record: Record<string, unknown> | undefined): Ref | undefined {
  const pool = object.pool ? (record?.[object.pool] as Ref | null | undefined) : undefined;
  return pool?.id && record?.[object.owner] === null ? pool : undefined;
}

/** A field as it is to be drawn for one record: masked for as long as the record is in a pool that masks it. */
export function fieldIn(object: ObjectDef, field: Field, record: Record<string, unknown> | undefined): Field {
  if (!object.pools?.length || field.masked) return field;
  const pool = poolOf(object, record);
  const seat = pool && object.pools.find((one) => one.id === pool.id);
  if (!seat?.masked.includes(field.of ?? field.name)) return field;
  const known = behind.get(field);
  if (known) return known;
  const masked: Field = {
    ...field,
    type: "masked",
    masked: "reveal",
    behind: { object: object.name, type: field.type },
  };
  behind.set(field, masked);
  return masked;
}

/** The stages that a stage field may take, in order: of one pipeline, or of all of the object's. */
export function stagesOf(catalog: Catalog, object: ObjectDef, pipeline?: string | null): Stage[] {
  const found = catalog.pipelinesOf(object);
  const one = found.find((candidate) => candidate.name === pipeline) ?? found[0];
  return one?.stages ?? [];
}

/** The title of a record, whatever form the title field has. */
export function titleOf(object: ObjectDef, record: Record<string, unknown>): string {
  const value = record[object.title];
  if (value && typeof value === "object" && "title" in value) return String(value.title);
  return value === null || value === undefined ? "" : String(value);
}

/** Fields that a person works with: no parts of other fields, nothing internal; those that the engine writes come last. */
export function visibleFields(object: ObjectDef): Field[] {
  const shown = object.fields.filter((field) => !field.of && field.name !== "id" && field.name !== "version");
  return [...shown.filter((field) => !field.system), ...shown.filter((field) => field.system)];
}
