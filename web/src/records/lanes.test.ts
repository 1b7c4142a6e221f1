import { expect, test } from "vitest";
import { pipelineOf } from "./lanes";

type Shown = Parameters<typeof pipelineOf>[0];

test("a board keeps its pipeline where the server is away", () => {
  const [one, two] = [{ name: "one" }, { name: "two" }];
  const list = { kind: "board", pipelines: [one, two], pipelineField: { name: "pipeline" } } as unknown as Shown;
  const counted = [{ group: { pipeline: "two" }, values: { n: 3 } }] as unknown as Parameters<typeof pipelineOf>[1];
  expect(pipelineOf(list, undefined)).toBeUndefined();
  expect(pipelineOf(list, undefined, true)).toBe(one);
  expect(pipelineOf(list, counted)).toBe(two);
  expect(pipelineOf(list, counted, true)).toBe(two);
});
