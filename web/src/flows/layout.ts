/** Where the parts of a drawn flow stand: top to bottom, what a step holds side by side under it. */
import {
  type Definition,
  type Kinds,
  listAt,
  type Nested,
  nestedOf,
  type Place,
  ROOT,
  type Stand,
  type Step,
} from "./model";

export const CARD = 256;
/** A place to add a step: what a finger or a mouse hits, on the screen at any scale. */
export const PLUS = 24;
/** As large as one is drawn before it would touch the cards above and below. */
const ROOM = 44;
const LANE_GAP = 36;
/** Between two steps: the line, the place to add a step, and the arrow. */
const BETWEEN = 56;
/** Above what a step holds: the bend with its name, and the place to add a step. */
const ABOVE = 96;
const BELOW = 58;
const FRAME = 16;

export interface Spot {
  id: string;
  what: "start" | "step" | "plus" | "lane" | "join" | "frame" | "end";
  x: number;
  y: number;
  width: number;
  height: number;
  /** Of a `step`, and of a `lane` the one that holds it. */
  step?: Step;
  /** Where a step is added at a `plus`. */
  place?: Place;
  at?: number;
  /** Of a `lane`: its name. */
  lane?: Nested;
}

export interface Way {
  id: string;
  from: string;
  to: string;
  /** Where it turns to the side. */
  bend: number;
  arrow: boolean;
}

export interface Layout {
  spots: Spot[];
  ways: Way[];
  width: number;
  height: number;
}

/** The drawing of a flow; `heightOf` says how high a step's card is, undefined that of the start. */
export function layout(what: Definition, kinds: Kinds, heightOf: (step: Step | undefined) => number): Layout {
  const spots: Spot[] = [];
  const ways: Way[] = [];
  const lanesOf = (step: Step, place: Place, at: number) =>
    nestedOf(
      step,
      kinds.steps.find((one) => one.name === step.kind),
      [...place, at],
    );
  const widthOf = (place: Place): number =>
    Math.max(
      CARD,
      ...listAt(what, place).map((step, at) => {
        const lanes = lanesOf(step, place, at);
        const sides = step.kind === "loop" ? 2 * FRAME : 0;
        return lanes.reduce((sum, lane) => sum + widthOf(lane.place) + LANE_GAP, lanes.length ? sides - LANE_GAP : 0);
      }),
    );
  const dot = (id: string, x: number, y: number) =>
    spots.push({ id, what: "join", x: x - 0.5, y, width: 1, height: 1 });
  const way = (from: string, to: string, bend: number, arrow: boolean) =>
    ways.push({ id: `${from}>${to}`, from, to, bend, arrow });
  const plus = (place: Place, at: number, x: number, y: number) =>
    spots.push({
      id: `+${place.join(".")}.${at}`,
      what: "plus",
      x: x - PLUS / 2,
      y: y - PLUS / 2,
      width: PLUS,
      height: PLUS,
      place,
      at,
    });

  /** Draws the steps of a list from `y` down, and answers what its last line comes from and where that ends. */
  const draw = (place: Place, cx: number, top: number, from: string): { last: string; y: number; ended: boolean } => {
    let last = from;
    let y = top;
    let bend = top - ABOVE + 26;
    let ended = false;
    for (const [at, step] of listAt(what, place).entries()) {
      if (at > 0) {
        plus(place, at, cx, y + BETWEEN / 2 - 4);
        y += BETWEEN;
        bend = y - BETWEEN / 2;
      }
      const height = heightOf(step);
      spots.push({ id: step.id, what: "step", x: cx - CARD / 2, y, width: CARD, height, step });
      way(last, step.id, bend, true);
      last = step.id;
      y += height;
      ended = step.kind === "stop";
      const lanes = lanesOf(step, place, at);
      if (!lanes.length) continue;
      const loop = step.kind === "loop";
      const widths = lanes.map((lane) => widthOf(lane.place));
      let left = cx - (widths.reduce((sum, one) => sum + one + LANE_GAP, 0) - LANE_GAP) / 2;
      const begin = y + ABOVE + (loop ? FRAME : 0);
      const ends = lanes.map((lane, n) => {
        const width = widths[n] as number;
        const mid = left + width / 2;
        left += width + LANE_GAP;
        // The name stands on the line to the side, near to what it leads to.
        const aside = Math.sign(cx - mid) * Math.min(104, Math.abs(cx - mid) / 2) || 0;
        spots.push({
          id: `${step.id}/${lane.name}${n}`,
          what: "lane",
          x: mid + aside - 64,
          y: aside ? y + 14 : y + 31,
          width: 128,
          height: 24,
          lane,
          step,
        });
        plus(lane.place, 0, mid, begin - 28);
        if (lane.steps.length) return { ...draw(lane.place, mid, begin, step.id), mid, lane };
        const empty = `${step.id}/${lane.name}${n}.`;
        dot(empty, mid, begin - 16);
        way(step.id, empty, y + 26, false);
        return { last: empty, y: begin - 16, ended: false, mid, lane };
      });
      const bottom = Math.max(...ends.map((one) => one.y));
      y = bottom + BELOW + (loop ? FRAME : 0);
      const join = `${step.id}.`;
      dot(join, cx, y);
      for (const end of ends)
        if (!end.ended) {
          if (end.lane.steps.length) plus(end.lane.place, end.lane.steps.length, end.mid, end.y + 24);
          way(end.last, join, y - 14, false);
        }
      if (loop) {
        const width = (widths[0] as number) + 2 * FRAME;
        spots.unshift({
          id: `${step.id}#`,
          what: "frame",
          x: cx - width / 2,
          y: begin - ABOVE + 44,
          width,
          height: bottom + 40 - (begin - ABOVE + 44),
        });
      }
      last = join;
      ended = ends.every((one) => one.ended);
    }
    return { last, y, ended };
  };

  const first = heightOf(undefined);
  spots.push({ id: "trigger", what: "start", x: -CARD / 2, y: 0, width: CARD, height: first });
  const steps = listAt(what, ROOT);
  plus(ROOT, 0, 0, first + BETWEEN / 2 - 4);
  const whole = draw(ROOT, 0, first + BETWEEN, "trigger");
  let bottom = steps.length ? whole.y : first;
  if (!whole.ended) {
    if (steps.length) plus(ROOT, steps.length, 0, bottom + BETWEEN / 2 - 4);
    bottom += BETWEEN;
    spots.push({ id: "end", what: "end", x: -40, y: bottom, width: 80, height: 26 });
    way(whole.last, "end", bottom - BETWEEN / 2, true);
    bottom += 26;
  }
  return { spots, ways, width: widthOf(ROOT), height: bottom };
}

/** Places at which a step can be put down: neither where it is nor inside it. */
export const landings = (spots: Spot[], { place, at }: Pick<Stand, "place" | "at">): Spot[] =>
  spots.filter((one) => {
    if (one.what !== "plus" || !one.place) return false;
    const own = [...place, at];
    if (own.every((key, n) => one.place?.[n] === key)) return false;
    const beside = one.place.length === place.length && place.every((key, n) => one.place?.[n] === key);
    return !beside || (one.at !== at && one.at !== at + 1);
  });

/** How much larger a place to add a step is drawn, to be hit as well at a scale; 0 where there is no room for it. */
export const swelling = (scale: number): number => (scale * ROOM < PLUS ? 0 : Math.max(1, 1 / scale));

const REACH = 96;

/** The place that is meant where the pointer is, if one is near enough: what is above and below counts before what is beside. */
export function nearest(places: Spot[], { x, y }: { x: number; y: number }): Spot | undefined {
  const far = (one: Spot) => {
    const [across, along] = [Math.abs(one.x + one.width / 2 - x), Math.abs(one.y + one.height / 2 - y)];
    return across > CARD * 0.7 || along > REACH ? Number.POSITIVE_INFINITY : along + across / 2;
  };
  const best = places.reduce<Spot | undefined>((a, b) => (a && far(a) <= far(b) ? a : b), undefined);
  return best && far(best) < Number.POSITIVE_INFINITY ? best : undefined;
}

/** What became of a step: its state, the case that a branch took (null: none of them), and which way an approval went. */
export interface Became {
  state: string;
  case?: number | null;
  way?: "approved" | "rejected";
}

interface Line {
  run?: string;
  step: string;
  iteration: number | null;
  state: string;
  output: unknown;
}

/** One step in one pass of one run, however often it was tried. */
export const passOf = (line: Omit<Line, "state" | "output">) =>
  `${line.run ?? ""} ${line.step} ${line.iteration ?? ""}`;

/** What became of each step at last; of one in a loop, what went wrong in any pass. */
export function becameOf(lines: Line[]): Map<string, Became> {
  const last = new Map(lines.map((line) => [passOf(line), line]));
  const out = new Map<string, Became>();
  for (const { step, state, output } of last.values()) {
    if (["failed", "unknown"].includes(out.get(step)?.state ?? "") && state === "done") continue;
    const { case: taken, outcome } = (output ?? {}) as { case?: number | null; outcome?: string };
    const way = outcome === undefined ? undefined : outcome === "approved" ? "approved" : "rejected";
    out.set(step, { state, case: taken, way });
  }
  return out;
}

const BEHIND = ["done", "skipped"];

/** The lines along which a run went, by what became of its steps; `ended` when it came to the end. */
export function waysTaken({ spots, ways }: Layout, became: ReadonlyMap<string, Became>, ended: boolean): Set<string> {
  const steps = new Set(spots.flatMap((one) => (one.what === "step" ? one.id : [])));
  const reached = new Set(["trigger"]);
  const taken = new Set<string>();
  const passed = (id: string) => (became.has(id) ? BEHIND.includes(became.get(id)?.state ?? "") : reached.has(id));
  /** Whether a branch went the way without steps that a dot stands for. */
  const chosen = (from: string, to: string): boolean => {
    const lane = spots.find((one) => one.what === "lane" && `${one.id}.` === to)?.lane;
    const beside = ways.filter((one) => one.from === from);
    const { case: took, way } = became.get(from) ?? {};
    if (way !== undefined) return lane?.name === way;
    if (took !== undefined) return lane?.name === "case" ? lane.at === took : took === null;
    return beside.every((one) => !became.has(one.to)) && beside.find((one) => !steps.has(one.to))?.to === to;
  };
  for (const { id, from, to } of ways) {
    const went = became.has(to)
      ? became.has(from) || !steps.has(from)
      : passed(from) &&
        (to === "end" ? ended : !steps.has(to) && (!became.has(from) || !to.includes("/") || chosen(from, to)));
    if (!went) continue;
    reached.add(to);
    taken.add(id);
  }
  return taken;
}
