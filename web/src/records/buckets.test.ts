import { describe, expect, it } from "vitest";
import { edges } from "./buckets";

describe("spans of numbers", () => {
  it.each([
    [0, 100],
    [3, 17],
    [-50, 50],
    [1, 1_000_000],
    [35_000, 4_120_000],
    [0.1, 0.7],
    [12, 12.5],
  ])("hold everything from %d to %d", (least, largest) => {
    const found = edges(least, largest);
    expect(found[0]).toBeLessThanOrEqual(least);
    expect(found.at(-1)).toBeGreaterThan(largest);
    expect(found.length).toBeGreaterThan(2);
    expect(found.length).toBeLessThan(12);
    expect([...found].sort((a, b) => a - b)).toEqual(found);
  });
  it("have round edges", () => {
    expect(edges(0, 95)).toEqual([0, 20, 40, 60, 80, 100]);
    expect(edges(7, 7)).toEqual([7, 8]);
  });
});
