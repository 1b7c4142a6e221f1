import { describe, expect, it } from "vitest";
import type { Field, ObjectDef, Rule } from "../schema/catalog";
import { dependChanges, dependence } from "./depends";

const choice = (name: string, options: string[]): Field =>
  ({
    name,
    type: "select",
    label: { en: name, zh: name },
    options: options.map((one) => ({ name: one, label: {} })),
  }) as unknown as Field;
const region = choice("region", ["north", "south", "west"]);
const city = choice("city", ["a", "b", "c"]);
const object = (rules: Rule[]): ObjectDef => ({ name: "shop", fields: [region, city], rules }) as unknown as ObjectDef;

describe("options that depend on another choice", () => {
  it("become one rule, and are read back", () => {
    const [next, back] = dependChanges(object([]), city, region, { north: ["a"], south: ["a"], west: ["a", "b", "c"] });
    expect(next.map((change) => change.rule)).toMatchObject([
      { name: "city_by_region", when: null, by: "region", value: { north: ["a"], south: ["a"] } },
    ]);
    expect(back).toEqual([{ op: "retire_rule", object: "shop", rule: "city_by_region" }]);
    const rule = { ...(next[0]?.rule as Rule), custom: true };
    expect(dependence(object([rule]), city)).toMatchObject({ by: "region", sets: { north: ["a"], south: ["a"] } });
    // Nothing depends any more: the rule goes, and comes back with an undo.
    const [none, again] = dependChanges(object([rule]), city, region, {});
    expect(none).toEqual([{ op: "retire_rule", object: "shop", rule: "city_by_region" }]);
    expect(again).toMatchObject([
      { op: "put_rule", rule: { name: "city_by_region", value: { north: ["a"], south: ["a"] } } },
    ]);
  });
  it("take the place of a rule for each set, as they were once", () => {
    const each = (name: string, at: string, value: string[]) =>
      ({
        ...{ name, kind: "options", active: true, custom: true, label: {}, fields: ["city"], value },
        when: { field: "region", op: "in", value: [at] },
      }) as unknown as Rule;
    const old = [each("one", "north", ["a"]), each("two", "south", ["b"])];
    expect(dependence(object(old), city)?.sets).toEqual({ north: ["a"], south: ["b"] });
    const [next, back] = dependChanges(object(old), city, region, { north: ["a"], south: ["b"] });
    expect(next).toMatchObject([
      { op: "put_rule", rule: { name: "one", by: "region", value: { north: ["a"], south: ["b"] } } },
      { op: "retire_rule", rule: "two" },
    ]);
    expect(back).toMatchObject([{ rule: { name: "one", value: ["a"] } }, { rule: { name: "two", value: ["b"] } }]);
  });
  it("leave rules of another shape alone", () => {
    const other = {
      name: "x",
      kind: "options",
      active: true,
      custom: true,
      label: {},
      fields: ["city"],
      value: ["b"],
      when: null,
    };
    expect(dependence(object([other as unknown as Rule]), city)).toBeUndefined();
    const [next] = dependChanges(object([other as unknown as Rule]), city, region, { west: ["c"] });
    expect(next.map((change) => (change.rule as Rule).name)).toEqual(["city_by_region"]);
  });
});
