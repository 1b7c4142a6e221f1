/** What a role may do: reading and writing its grants, and saying them in a sentence. */
import type { T } from "../i18n";
import type { Catalog, Label } from "../schema/catalog";

export const VERBS = ["read", "create", "update", "delete", "export", "import"] as const;
export type Verb = (typeof VERBS)[number];
export const SCOPES = ["none", "own", "team", "below", "all"] as const;
export type Scope = (typeof SCOPES)[number];
/** From nothing to everything: `reveal` may look behind the mask, one record at a time. */
export const RIGHTS = ["write", "read", "reveal", "masked", "none"] as const;
export type Right = (typeof RIGHTS)[number];
/** What may be done only so often in a day. */
export const LIMITS = ["reveal", "export"] as const;
export type Limit = (typeof LIMITS)[number];
export const SYSTEM = ["catalog", "users", "roles", "bin", "settings", "audit", "view_as"] as const;

/** The entry that stands for every object without one of its own. */
export const OTHERS = "*";

export interface Grants {
  objects: Record<string, Partial<Record<Verb, Scope | boolean>>>;
  fields: Record<string, Right>;
  system: string[];
  limits?: Partial<Record<Limit, number>>;
}

/** A role's name in the reader's language, which the catalog tells; a role that one may not see keeps its own. */
export function roleTitle(role: { id: string; title?: string; label?: string }, roles: Catalog["roles"]): string {
  return roles.find((one) => one.id === role.id)?.title || role.title || role.label || "";
}

export function readGrants(raw: unknown): Grants {
  const given = (raw ?? {}) as Partial<Grants>;
  return {
    objects: given.objects ?? {},
    fields: given.fields ?? {},
    system: given.system ?? [],
    ...(given.limits && Object.keys(given.limits).length ? { limits: given.limits } : {}),
  };
}

/** Verbs that are granted or not, without a reach of their own. */
const PLAIN = new Set<Verb>(["create", "import", "export"]);
export const isPlain = (verb: Verb): boolean => PLAIN.has(verb);

export function scopeOf(grants: Grants, object: string, verb: Verb): Scope {
  const verbs = grants.objects[object] ?? grants.objects[OTHERS] ?? {};
  const granted = verbs[verb];
  if (granted === true) return "all";
  return SCOPES.includes(granted as Scope) ? (granted as Scope) : "none";
}

/** The first change of an object gives it an entry of its own, which begins as what held for it before. */
export function withScope(grants: Grants, object: string, verb: Verb, scope: Scope): Grants {
  const before = grants.objects[object] ?? grants.objects[OTHERS] ?? {};
  const value = isPlain(verb) && scope === "all" ? true : scope;
  const next = { ...before, [verb]: value };
  if (scope === "none") delete next[verb];
  // Nobody changes what they may not see.
  if (verb === "read" && scope === "none") for (const other of VERBS) delete next[other];
  return { ...grants, objects: { ...grants.objects, [object]: next } };
}

export function withoutObject(grants: Grants, object: string): Grants {
  const { [object]: _gone, ...objects } = grants.objects;
  return { ...grants, objects };
}

export const rightOf = (grants: Grants, object: string, field: string): Right =>
  grants.fields[`${object}.${field}`] ?? "write";

export function withRight(grants: Grants, object: string, field: string, right: Right): Grants {
  const { [`${object}.${field}`]: _old, ...fields } = grants.fields;
  return { ...grants, fields: right === "write" ? fields : { ...fields, [`${object}.${field}`]: right } };
}

export function withSystem(grants: Grants, right: string, on: boolean): Grants {
  const system = grants.system.filter((one) => one !== right);
  return { ...grants, system: on ? [...system, right] : system };
}

export function withLimit(grants: Grants, name: Limit, most: number | null): Grants {
  const { [name]: _old, ...others } = grants.limits ?? {};
  const { limits: _limits, ...rest } = grants;
  const limits = most === null ? others : { ...others, [name]: most };
  return Object.keys(limits).length ? { ...rest, limits } : rest;
}

type Say = (label: Label | null | undefined, fallback?: string) => string;

/** What the role may do, as somebody would say it: one sentence for each set of objects that are alike. */
export function sayGrants(grants: Grants, catalog: Catalog, t: T, label: Say): string[] {
  const names = catalog.objects.map((object) => object.name);
  const profile = (object: string) => VERBS.map((verb) => scopeOf(grants, object, verb)).join(" ");
  const groups = new Map<string, string[]>();
  const usual = profile(OTHERS);
  groups.set(usual, [OTHERS]);
  for (const name of names) {
    const own = profile(name);
    if (own === usual) continue;
    groups.set(own, [...(groups.get(own) ?? []), name]);
  }
  const comma = t("admin.say.comma");
  const sentences: string[] = [];
  for (const [verbs, objects] of groups) {
    const scopes = verbs.split(" ") as Scope[];
    const parts = VERBS.flatMap((verb, at) => {
      const scope = scopes[at] ?? "none";
      if (scope === "none") return [];
      return [
        isPlain(verb) ? t(`admin.say.${verb}`) : t(`admin.say.${verb}`, { whose: t(`admin.say.whose.${scope}`) }),
      ];
    });
    const what =
      objects[0] === OTHERS
        ? t(groups.size > 1 ? "admin.say.others" : "admin.say.everything")
        : objects.map((name) => label(catalog.object(name)?.plural, name)).join(comma);
    sentences.push(t(parts.length ? "admin.say.may" : "admin.say.mayNot", { what, verbs: parts.join(comma) }));
  }
  const named = (right: Right) =>
    Object.entries(grants.fields)
      .filter(([, given]) => given === right)
      .map(([path]) => {
        const [object = "", field = ""] = path.split(".");
        const found = catalog.object(object);
        return t("admin.say.field", {
          object: label(found?.label, object),
          field: label(found?.fields.find((one) => one.name === field)?.label, field),
        });
      });
  for (const right of ["none", "masked", "reveal", "read"] as const) {
    const fields = named(right);
    if (fields.length) sentences.push(t(`admin.say.right.${right}`, { fields: fields.join(comma) }));
  }
  for (const limit of LIMITS) {
    const most = grants.limits?.[limit];
    if (most !== undefined) sentences.push(t(`admin.say.limit.${limit}`, { n: most }));
  }
  const rights = SYSTEM.filter((right) => grants.system.includes(right));
  if (rights.length)
    sentences.push(
      t("admin.say.system", { rights: rights.map((right) => t(`admin.say.system.${right}`)).join(comma) }),
    );
  return sentences;
}
