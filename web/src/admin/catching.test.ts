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

it("joins the records that both have listed", () => {
  const [a, b, c, d] = ["a", "b", "c", "d"].map((id) => ({ id, title: id }));
  expect(caughtUp({ people: [a, c] }, { people: [a, b] }, { people: [a, b, d] })).toEqual([{ people: [a, d, c] }, []]);
  expect(caughtUp({ people: [a, b, c] }, { people: [a, b] }, { people: [b, c] })).toEqual([{ people: [b, c] }, []]);
  expect(caughtUp({ lead: b }, { lead: a }, { lead: c })).toEqual([{ lead: c }, ["lead"]]);
});
