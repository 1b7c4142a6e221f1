import { describe, expect, it } from "vitest";
import type { Filter } from "./filter";
import { fromQuestion, toQuestion } from "./related";

const where: Filter = { field: "product", op: "eq", value: "a" };
const after = { field: "starts_at", related: "orders", latest: "ordered_at" };
const SAME: Filter[] = [
  { any: "orders" },
  { none: "orders", where },
  { related: "orders", where, count: { gte: 2 } },
  { related: "orders", sum: { field: "amount", gt: 1000 } },
  { related: "orders", max: { field: "ordered_at", lt: { ago_days: 90 } } },
  { related: "orders", latest: { field: "status", by: "ordered_at", eq: "paid" } },
  { related: "visits", after, count: { eq: 0 } },
];

describe("questions about related records", () => {
  it.each(SAME)("are the same filter again: %j", (filter) => {
    const question = toQuestion(filter);
    expect(question && fromQuestion(question)).toEqual(filter);
  });
  it("read a number of one or none as there is one, or none", () => {
    expect(toQuestion({ related: "orders", count: { gte: 1 } })?.ask).toBe("any");
    expect(toQuestion({ related: "orders", count: { eq: 0 } })?.ask).toBe("none");
    expect(toQuestion({ related: "orders" })?.ask).toBe("any");
  });
});
