import { describe, expect, it } from "vitest";
import { both, fromSentence, parseSort, same, toggleSort, toSentence } from "./filter";

const a = { field: "a", op: "eq", value: 1 };
const b = { field: "b", op: "gt", value: 2 };

describe("a sentence of conditions", () => {
  it("keeps what it was made from", () => {
    for (const filter of [null, a, { and: [a, b] }, { or: [a, b] }, { or: [{ and: [a, b] }, b] }]) {
      expect(fromSentence(toSentence(filter))).toEqual(filter);
    }
  });
  it("needs no joining word for one condition", () => {
    expect(fromSentence({ join: "or", parts: [a] })).toEqual(a);
    expect(fromSentence({ join: "and", parts: [] })).toBeNull();
  });
});

describe("both", () => {
  it("leaves nulls out and nests nothing needlessly", () => {
    expect(both(null, undefined)).toBeNull();
    expect(both(null, a)).toEqual(a);
    expect(both({ or: [a, b] }, a)).toEqual({ and: [{ or: [a, b] }, a] });
  });
});

describe("sorting by a click", () => {
  it("goes up, down, and back", () => {
    expect(toggleSort("", "a")).toBe("a");
    expect(toggleSort("a", "a")).toBe("-a");
    expect(toggleSort("-a", "a")).toBe("");
  });
  it("goes down first where the largest is looked for", () => {
    expect(toggleSort("b", "a", true)).toBe("-a");
    expect(toggleSort("-a", "a", true)).toBe("a");
    expect(toggleSort("a", "a", true)).toBe("");
  });
  it("replaces other keys, or keeps them when asked", () => {
    expect(toggleSort("-b", "a")).toBe("a");
    expect(toggleSort("-b", "a", false, true)).toBe("-b,a");
    expect(toggleSort("-b,a", "a", false, true)).toBe("-b,-a");
    expect(toggleSort("b,a", "a")).toBe("a");
  });
  it("reads what the server writes", () => {
    expect(parseSort(" -amount, name ")).toEqual([
      { field: "amount", down: true },
      { field: "name", down: false },
    ]);
  });
});

it("null, undefined and missing are the same", () => {
  expect(same(null, undefined)).toBe(true);
  expect(same({ and: [a] }, { and: [a] })).toBe(true);
  expect(same(a, b)).toBe(false);
});
