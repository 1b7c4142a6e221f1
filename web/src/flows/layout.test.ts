import { describe, expect, it } from "vitest";
import { type Became, becameOf, CARD, landings, layout, nearest, PLUS, swelling, waysTaken } from "./layout";
import type { Definition, Kinds, Step } from "./model";

const kinds = {
  triggers: [],
  steps: [
    { name: "branch", nested: ["cases", "otherwise"] },
    { name: "loop", nested: ["steps"] },
    { name: "stop", nested: [] },
    { name: "create", nested: [] },
    { name: "approval", nested: ["approved", "rejected"] },
  ],
} as unknown as Kinds;
const step = (id: string, kind = "create", more = {}): Step => ({ id, kind, ...more });
const flow = (...steps: Step[]): Definition => ({ object: "account", trigger: { kind: "created" }, steps });
const branch = (id: string, first: Step[], otherwise: Step[]) =>
  step(id, "branch", { cases: [{ name: "", filter: null, steps: first }], otherwise });
const drawn = (what: Definition) => layout(what, kinds, () => 60);
const at = (what: Definition, id: string) => {
  const found = drawn(what).spots.find((one) => one.id === id);
  if (!found) throw new Error(id);
  return found;
};

describe("a drawn flow", () => {
  const what = flow(branch("s1", [step("s2"), step("s3")], []), step("s4"));

  it("has what a step holds side by side, and goes on under the longest of it", () => {
    const other = flow(branch("s1", [step("s2"), step("s3")], [step("s5")]), step("s4"));
    expect(at(other, "s2").y).toBe(at(other, "s5").y);
    expect(at(other, "s5").x - at(other, "s2").x).toBeGreaterThanOrEqual(CARD);
    expect(at(other, "s4").y).toBeGreaterThan(at(other, "s3").y + 60);
    expect(at(other, "s4").x).toBe(at(other, "trigger").x);
  });

  it("lets no two cards touch, however deep they lie", () => {
    const deep = flow(
      branch(
        "a",
        [branch("b", [step("c")], [branch("d", [step("e")], [step("f")])])],
        [step("g"), step("h", "loop", { steps: [step("i")] })],
      ),
      step("j"),
    );
    const cards = drawn(deep).spots.filter((one) => one.what === "step");
    expect(cards).toHaveLength(10);
    for (const one of cards)
      for (const two of cards)
        if (one !== two)
          expect(Math.abs(one.x - two.x) >= CARD || one.y + one.height < two.y || two.y + two.height < one.y).toBe(
            true,
          );
  });

  it("offers a place to add a step before, between, inside and after", () => {
    const places = drawn(what).spots.filter((one) => one.what === "plus");
    expect(places.map((one) => `${one.place?.join(".")} ${one.at}`)).toEqual([
      "steps 0",
      "steps.0.cases.0.steps 0",
      "steps.0.cases.0.steps 1",
      "steps.0.otherwise 0",
      "steps.0.cases.0.steps 2",
      "steps 1",
      "steps 2",
    ]);
  });

  it("keeps a place to add a step large enough to hit at any scale, and touches no card with it", () => {
    const { spots } = drawn(what);
    for (const scale of [0.3, 0.5, 0.55, 0.7, 1, 1.5]) {
      const size = PLUS * swelling(scale);
      expect(size * scale >= 23.99 || size === 0).toBe(true);
      for (const { x, y, width } of spots.filter((one) => one.what === "plus"))
        for (const card of spots.filter((one) => one.what === "step")) {
          const [across, along] = [x + width / 2 - card.x, y + width / 2 - card.y];
          const beside = across < -size / 2 || across > card.width + size / 2;
          expect(beside || along < -size / 2 || along > card.height + size / 2).toBe(true);
        }
    }
    expect([swelling(0.55) > 0, swelling(0.5)]).toEqual([true, 0]);
  });

  it("takes a step that is moved between two others, neither where it is nor inside itself", () => {
    const { spots } = drawn(what);
    const places = (place: (string | number)[], at: number) =>
      landings(spots, { place, at }).map((one) => `${one.place?.join(".")} ${one.at}`);
    expect(places(["steps"], 0)).toEqual(["steps 2"]);
    expect(places(["steps", 0, "cases", 0, "steps"], 0)).toEqual([
      "steps 0",
      "steps.0.otherwise 0",
      "steps.0.cases.0.steps 2",
      "steps 1",
      "steps 2",
    ]);
    const all = landings(spots, { place: ["steps"], at: 9 });
    const last = all.at(-1);
    expect(nearest(all, { x: 40, y: (last?.y ?? 0) + 30 })?.id).toBe(last?.id);
    expect(nearest(all, { x: 2000, y: 0 })).toBeUndefined();
  });

  it("leads nowhere from a step that ends it", () => {
    expect(drawn(flow(step("s1", "stop"))).ways.map((one) => one.id)).toEqual(["trigger>s1"]);
  });
});

describe("a run on the drawing", () => {
  const what = flow(branch("s1", [step("s2"), step("s3")], []), step("s4"));
  const taken = (became: Record<string, Became>, ended = false, of = what) =>
    [...waysTaken(drawn(of), new Map(Object.entries(became)), ended)].sort();
  const done = { state: "done" };

  it("went along one side and came to the end", () => {
    expect(taken({ s1: { ...done, case: 0 }, s2: done, s3: done, s4: done }, true)).toEqual(
      ["trigger>s1", "s1>s2", "s2>s3", "s3>s1.", "s1.>s4", "s4>end"].sort(),
    );
  });

  it("went the way that an approval was decided, though nothing stands there", () => {
    const asked = flow(step("s1", "approval", { approved: [], rejected: [] }));
    expect(taken({ s1: { ...done, way: "rejected" as const } }, true, asked)).toEqual(
      ["trigger>s1", "s1>s1/rejected1.", "s1/rejected1.>s1.", "s1.>end"].sort(),
    );
  });

  it("went along the side that has no steps", () => {
    expect(taken({ s1: { ...done, case: null }, s4: done }, true)).toEqual(
      ["trigger>s1", "s1>s1/otherwise1.", "s1/otherwise1.>s1.", "s1.>s4", "s4>end"].sort(),
    );
  });

  it("waits where it is", () => {
    expect(taken({ s1: { ...done, case: 0 }, s2: { state: "waiting" } })).toEqual(["s1>s2", "trigger>s1"]);
  });
});

describe("what became of steps", () => {
  it("is what the last attempt came to, and of a loop what went wrong in any pass", () => {
    const line = (step: string, state: string, iteration: number | null = null) => ({
      step,
      state,
      iteration,
      output: null,
    });
    const became = becameOf([
      line("call", "failed"),
      line("call", "done"),
      line("each", "failed", 0),
      line("each", "done", 1),
      line("again", "failed", 0),
      line("again", "done", 1),
      line("again", "done", 0),
    ]);
    expect([...became].map(([step, { state }]) => [step, state])).toEqual([
      ["call", "done"],
      ["each", "failed"],
      ["again", "done"],
    ]);
  });
});
