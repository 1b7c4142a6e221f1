import { describe, expect, it } from "vitest";
import type { Catalog } from "../schema/catalog";
import {
  asked,
  copied,
  type Definition,
  differences,
  freeId,
  type Kinds,
  listAt,
  moved,
  nestedOf,
  ROOT,
  spoken,
  walk,
  withList,
} from "./model";

const none = { en: "", zh: "" };
const kinds = {
  triggers: [],
  steps: [
    { name: "branch", nested: ["cases", "otherwise"], parameters: [] },
    { name: "loop", nested: ["steps"], parameters: [] },
    { name: "stop", nested: [], parameters: [] },
  ].map((one) => ({ label: none, hint: none, icon: "", group: "", outside: false, outputs: {}, ...one })),
} as unknown as Kinds;

const flow: Definition = {
  object: "account",
  trigger: { kind: "created" },
  steps: [
    {
      id: "s1",
      kind: "branch",
      cases: [{ name: "", filter: null, steps: [{ id: "s2", kind: "stop" }] }],
      otherwise: [{ id: "s3", kind: "loop", steps: [{ id: "s4", kind: "stop" }] }],
    },
    { id: "s5", kind: "stop" },
  ],
};

describe("a flow's steps", () => {
  it("are met in the order in which they stand, also those inside others", () => {
    expect([...walk(flow, kinds)].map(({ step }) => step.id)).toEqual(["s1", "s2", "s3", "s4", "s5"]);
    expect(freeId(flow, kinds)).toBe("s6");
  });

  it("are changed at their place without touching the others", () => {
    const [first] = flow.steps;
    const places = nestedOf(first as never, kinds.steps[0], [...ROOT, 0]);
    expect(places.map((one) => one.name)).toEqual(["case", "otherwise"]);
    const next = withList(flow, places[0]?.place ?? [], []);
    expect([...walk(next, kinds)].map(({ step }) => step.id)).toEqual(["s1", "s3", "s4", "s5"]);
    expect(listAt(flow, places[0]?.place ?? [])).toHaveLength(1);
    expect(next.steps[1]).toBe(flow.steps[1]);
  });

  it("ask for what others make necessary", () => {
    const parameters = [
      { name: "how", type: "choice", when: {} },
      { name: "at", type: "time", when: { how: ["until", "date"] } },
    ] as never;
    expect(asked(parameters, { how: "until" }).map((one) => one.name)).toEqual(["how", "at"]);
    expect(asked(parameters, { how: "event" }).map((one) => one.name)).toEqual(["how"]);
  });

  const ids = (what: Definition) => [...walk(what, kinds)].map(({ step, list }) => `${list} ${step.id}`.trim());

  it("are moved between lists, but not into themselves", () => {
    const inLoop = ["steps", 0, "otherwise", 0, "steps"];
    expect(ids(moved(flow, kinds, "s2", inLoop, 1))).toEqual([
      "s1",
      "s1.otherwise0 s3",
      "s3.steps0 s4",
      "s3.steps0 s2",
      "s5",
    ]);
    expect(ids(moved(flow, kinds, "s5", ROOT, 0))).toEqual([
      "s5",
      "s1",
      "s1.case0 s2",
      "s1.otherwise0 s3",
      "s3.steps0 s4",
    ]);
    expect(ids(moved(flow, kinds, "s1", ROOT, 2)).at(0)).toBe("s5");
    expect(moved(flow, kinds, "s1", inLoop, 0)).toBe(flow);
  });

  it("are copied with what they hold, which is named among them anew", () => {
    const whole = structuredClone(flow.steps[0]) as unknown as { otherwise: { steps: Record<string, unknown>[] }[] };
    const inner = whole.otherwise[0]?.steps[0] as Record<string, unknown>;
    Object.assign(inner, { note: "{steps.s3.count} of {steps.s5.record.name}" });
    const made = copied(flow, kinds, whole as never);
    const copy = { ...flow, steps: [made] };
    expect(ids(copy)).toEqual(["s6", "s6.case0 s7", "s6.otherwise0 s8", "s8.steps0 s9"]);
    expect([...walk(copy, kinds)].at(-1)?.step.note).toBe("{steps.s8.count} of {steps.s5.record.name}");
  });

  it("differ between versions by what was added, changed, moved and removed", () => {
    const told = (to: Definition) =>
      differences(flow, to, kinds).map((one) => [one.what, one.step?.id ?? null, one.parts]);
    expect(told(flow)).toEqual([]);
    const put = (list: Definition["steps"]): Definition => ({ ...flow, steps: list });
    const [s1, s5] = flow.steps as [Definition["steps"][0], Definition["steps"][0]];
    expect(told(put([s1, { id: "s6", kind: "stop" }, s5]))).toEqual([["added", "s6", []]]);
    expect(told(put([s1, { ...s5, note: "x" }]))).toEqual([["changed", "s5", ["note"]]]);
    expect(told({ ...flow, limits: { runs_per_hour: 5 } })).toEqual([["changed", null, ["runs_per_hour"]]]);
    expect(told(put([s5]))).toEqual(["s1", "s2", "s3", "s4"].map((id) => ["removed", id, []]));
    expect(told(moved(flow, kinds, "s2", ROOT, 1))).toEqual([["moved", "s2", []]]);
    expect(told(moved(flow, kinds, "s5", ROOT, 0))).toHaveLength(1);
    expect(told({ ...flow, object: "lead" })).toEqual([["changed", null, ["object"]]]);
    const other = { ...s1, cases: [{ name: "big", filter: null, steps: [{ id: "s2", kind: "stop" }] }] };
    expect(told(put([other, s5]))).toEqual([["changed", "s1", ["cases"]]]);
  });
});

describe("a text of a flow", () => {
  const field = (name: string, target: string | null = null) => ({ name, target, label: { en: name.toUpperCase() } });
  const objects = [
    { name: "order", fields: [field("number"), field("account", "account")] },
    { name: "account", fields: [field("name")] },
  ];
  const catalog = { object: (name: string) => objects.find((one) => one.name === name) } as unknown as Catalog;
  const label = (from: { en?: string }) => from.en ?? "";

  it("says what stands at its places", () => {
    const roots = [
      { path: "record", object: "order" },
      { path: "steps.s1.record", object: "account" },
      { path: "input", object: "", fields: [{ name: "why", label: { en: "Why" } }] },
    ];
    const text = "{number} of {record.account.name}, {steps.s1.record.name}: {input.why} {gone}";
    expect(spoken(text, roots, catalog, label as never)).toBe("‹NUMBER› of ‹ACCOUNT · NAME›, ‹NAME›: ‹Why› ‹gone›");
  });
});
