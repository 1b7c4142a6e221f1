import { expect, it } from "vitest";
import { caughtUp } from "./catching";

it("keeps what was written where what is saved has become another, and gives way where both changed", () => {
  const was = { en: "Sales", zh: "销售", stages: ["a"] };
  expect(caughtUp({ ...was, en: "Deals" }, was, { ...was, stages: ["a", "b"] })).toEqual([
    { en: "Deals", zh: "销售", stages: ["a", "b"] },
    [],
  ]);
  expect(caughtUp({ ...was, stages: ["a", "mine"] }, was, { ...was, stages: ["a", "theirs"] })).toEqual([
    { en: "Sales", zh: "销售", stages: ["a", "theirs"] },
    ["stages"],
  ]);
  expect(caughtUp({ ...was, en: "Deals" }, was, { ...was, en: "Deals" })).toEqual([{ ...was, en: "Deals" }, []]);
});
