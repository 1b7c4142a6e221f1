import { describe, expect, it } from "vitest";
import { place, under } from "./chain";

const person = (id: string, boss?: string) => ({ id, reports_to: boss ? { id: boss } : null });

describe("the decision chain", () => {
  it("puts a boss over the middle of those who report to them", () => {
    const { nodes, width, height } = place([person("a"), person("b", "a"), person("c", "a"), person("d", "c")]);
    const at = Object.fromEntries(nodes.map((one) => [one.person.id, [one.x, one.y]]));
    expect(at).toEqual({ a: [0.5, 0], b: [0, 1], c: [1, 1], d: [1, 2] });
    expect([width, height]).toEqual([2, 3]);
  });

  it("draws who stands alone, who reports to somebody elsewhere, and a circle", () => {
    const { nodes } = place([person("a", "b"), person("b", "a"), person("c", "elsewhere"), person("d")]);
    expect(nodes.map((one) => one.person.id).sort()).toEqual(["a", "b", "c", "d"]);
    expect(nodes.every((one) => one.boss === null)).toBe(true);
    expect(new Set(nodes.map((one) => `${one.x} ${one.y}`)).size).toBe(4);
  });

  it("knows everybody under somebody", () => {
    expect([...under([person("a"), person("b", "a"), person("c", "b"), person("d")], "a")].sort()).toEqual([
      "a",
      "b",
      "c",
    ]);
  });
});
