import { describe, expect, it } from "vitest";
import { asked, type Definition, freeId, type Kinds, listAt, nestedOf, ROOT, walk, withList } from "./model";

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
});
