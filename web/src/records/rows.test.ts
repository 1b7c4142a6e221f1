import { describe, expect, it } from "vitest";
import { PAGE, total } from "./rows";

describe("the length of a list that is only guessed", () => {
  it("is the guess until its end was seen", () => {
    expect(total(100_000, [[3, { n: PAGE, more: true }]])).toBe(100_000);
  });
  it("is where the last page ends, however far that is from the guess", () => {
    expect(total(100_000, [[4, { n: 7, more: false }]])).toBe(4 * PAGE + 7);
    expect(total(300, [[9, { n: PAGE, more: false }]])).toBe(10 * PAGE);
  });
  it("grows when more follows than was guessed", () => {
    expect(total(150, [[1, { n: PAGE, more: true }]])).toBe(2 * PAGE + 1);
  });
  it("shrinks when a jump went past the end", () => {
    expect(total(1000, [[8, { n: 0, more: false }]])).toBe(8 * PAGE);
  });
});
