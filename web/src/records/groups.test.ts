import { describe, expect, it, vi } from "vitest";
import { Catalog, type CatalogJson, type Field } from "../schema/catalog";
import { endOf, groupFilter, keyOf } from "./groups";

vi.hoisted(() =>
  // The kit asks for the width of the screen as it loads.
  vi.stubGlobal("window", { matchMedia: () => ({ matches: false, addEventListener() {}, removeEventListener() {} }) }),
);

const catalog = new Catalog({
  objects: [],
  types: [{ name: "tags", many: true }, { name: "select" }],
} as never as CatalogJson);
const field = (type: string) => ({ name: "f", type }) as Field;

describe("a group", () => {
  it("is found again by its value, or by having none", () => {
    expect(groupFilter(catalog, "f", field("select"), "a")).toEqual({ field: "f", op: "eq", value: "a" });
    expect(groupFilter(catalog, "f", field("select"), null)).toEqual({ field: "f", op: "is_empty", value: true });
    expect(groupFilter(catalog, "x.f", field("link"), { id: "7", title: "A" })).toEqual({
      field: "x.f",
      op: "eq",
      value: "7",
    });
    expect(groupFilter(catalog, "f", field("boolean"), false)).toEqual({ field: "f", op: "eq", value: false });
  });
  it("of one among several values holds those that have it", () => {
    expect(groupFilter(catalog, "f", field("tags"), "vip")).toEqual({ field: "f", op: "contains", value: "vip" });
  });
  it("of a period ends with the period's last day", () => {
    expect(endOf("2024-02-01", "month")).toBe("2024-02-29");
    expect(endOf("2026-10-01", "quarter")).toBe("2026-12-31");
    expect(endOf("2026-01-01", "year")).toBe("2026-12-31");
    expect(endOf("2026-12-28", "week")).toBe("2027-01-03");
    expect(groupFilter(catalog, "f", field("date"), "2026-03-01", "month")).toEqual({
      field: "f",
      op: "within",
      value: ["2026-03-01", "2026-03-31"],
    });
  });
  it("has one key whatever its form", () => {
    expect([keyOf(null), keyOf({ id: "1" }), keyOf(false), keyOf(3)]).toEqual(["", "1", "false", "3"]);
  });
});
