import { expect, it, vi } from "vitest";
import type { AggregateRow } from "../api/queries";

vi.hoisted(() =>
  // The kit asks for the width of the screen as it loads.
  vi.stubGlobal("window", { matchMedia: () => ({ matches: false, addEventListener() {}, removeEventListener() {} }) }),
);
const { PARTS, partsOf } = await import("./series");

const pair = (by: string, split: string, n: number): AggregateRow => ({ group: { by, split }, values: { n } });
const figure = (row: AggregateRow) => row.values.n ?? 0;
const marks = [
  { key: "a", value: 10 },
  { key: "b", value: 4 },
];

it("splits marks by size, or in the order of their own", () => {
  const pairs = [pair("a", "x", 3), pair("a", "y", 7), pair("b", "x", 4), pair("gone", "x", 9)];
  expect(partsOf(pairs, "by", "split", marks, figure).map(({ key, values }) => [key, values])).toEqual([
    ["x", [3, 4]],
    ["y", [7, 0]],
  ]);
  const order = new Map([
    ["y", 0],
    ["x", 1],
  ]);
  expect(partsOf(pairs, "by", "split", marks, figure, order).map(({ key }) => key)).toEqual(["y", "x"]);
});

it("keeps what does not fit as the rest", () => {
  const pairs = Array.from({ length: 9 }, (_, n) => pair("a", `v${n}`, 1));
  const parts = partsOf(pairs, "by", "split", marks, figure);
  expect(parts).toHaveLength(PARTS + 1);
  expect(parts.at(-1)).toMatchObject({ value: undefined, values: [4, 4], total: 8 });
});
