import { describe, expect, it } from "vitest";
import { atOnce } from "./sight";

describe("what is drawn at once", () => {
  it("is the sight alone after a jump, and all that was drawn near it before", () => {
    expect(atOnce([500, 520], [0, 34])).toEqual([500, 520]);
    expect(atOnce([30, 50], [0, 34])).toEqual([18, 50]);
    expect(atOnce([30, 50], [40, 70])).toEqual([30, 62]);
    expect(atOnce([30, 50], [35, 45])).toEqual([30, 50]);
  });
});
