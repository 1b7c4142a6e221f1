/** The plan of a catalog change as the server tells it, and as people care for it. Pure. */

import type { Label } from "../schema/catalog";

export interface Planned {
  /** A verb and a path: `add account.tier`, `index account.tier.order`. */
  step: string;
  later: boolean;
  /** Over how many rows it goes. */
  rows?: number;
  /** Of something that would stop working (`view account.hot`): what it is called, and the code of why. */
  label?: Label;
  breaks?: string | number | null;
  /** Of something that goes on: the options and stages that it names and that will be gone. */
  names?: [string, string][];
  /** Of a field or option that would be called as another (`alike account.tier`, `alike account.tier.gold`): that other's name. */
  other?: string;
}

const VERBS = ["create", "add", "retire", "restore", "turn", "number", "index", "search"] as const;

// biome-ignore format: one list
const STOPS = ["view", "segment", "flow", "pool", "webhook", "grade", "lifecycle", "retention", "default", "rule", "access", "rollup"] as const;

export interface Stopped {
  what: (typeof STOPS)[number];
  labels: Label[];
}

const byWhat = (plan: Planned[]): Stopped[] =>
  STOPS.map((what) => ({
    what,
    labels: plan.flatMap(({ step, label }) => (step.startsWith(`${what} `) ? [label ?? {}] : [])),
  })).filter((one) => one.labels.length > 0);

/** What would not work any more, by what it is. */
export const stoppedOf = (plan: Planned[]): Stopped[] => byWhat(plan.filter((one) => typeof one.breaks === "string"));

/** What names an option that will be gone, and goes on. */
export const namingOf = (plan: Planned[]): Stopped[] => byWhat(plan.filter((one) => one.names !== undefined));

export interface Step {
  verb: (typeof VERBS)[number];
  what: string[];
  rows: number;
  later: boolean;
}

/** The steps of a plan as people care for them: one line for each verb, indexes by what they make quick. */
export function stepsOf(plan: Planned[], name: (path: string) => string): Step[] {
  const found = new Map<string, Step>();
  const made = new Set(plan.filter(({ step }) => step.startsWith("create table ")).map(({ step }) => step.slice(13)));
  for (const { step, rows, later } of plan) {
    const verb = VERBS.find((one) => step.startsWith(`${one} `));
    // Links are checked as they are written, and an index that is not needed any more concerns nobody.
    if (!verb) continue;
    const path = step
      .slice(step.lastIndexOf(" ") + 1)
      .replace(/\.(order|unique|gin|(exact|folded|phone|email)\.alike)$/, "");
    // A new table comes with what belongs to it.
    if (verb !== "create" && made.has(path.split(".")[0] ?? "")) continue;
    const key = `${verb} ${later}`;
    const known = found.get(key) ?? { verb, what: [], rows: 0, later };
    if (!known.what.includes(name(path))) known.what.push(name(path));
    found.set(key, { ...known, rows: Math.max(known.rows, rows ?? 0) });
  }
  return [...found.values()];
}
