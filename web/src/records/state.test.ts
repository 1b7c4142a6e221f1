import { describe, expect, it } from "vitest";
import type { ObjectDef, View } from "../schema/catalog";
import { readListSearch, viewOf, viewsOf } from "./state";

const view = (name: string, kind = "table", id: string | null = null): View =>
  ({
    id,
    name,
    kind,
    label: {},
    columns: [],
    filter: null,
    sort: null,
    by: null,
    card: [],
    sum: null,
    scope: "standard",
  }) as View;
const object = (views: View[]): ObjectDef => ({ views }) as ObjectDef;

describe("a list's URL", () => {
  it("keeps what it knows and drops what it does not", () => {
    const filter = { field: "amount", op: "gt", value: 1 };
    expect(
      readListSearch({ view: "open", filter, sort: "-amount", columns: ["name", 7], kind: "board", x: 1 }),
    ).toEqual({
      view: "open",
      filter,
      sort: "-amount",
      columns: ["name", "7"],
      kind: "board",
    });
    expect(readListSearch({ kind: "pie", filter: "x", columns: "name", q: "" })).toEqual({});
  });
  it("tells no filter from an empty one", () => {
    expect(readListSearch({ filter: null })).toEqual({ filter: null });
    expect("filter" in readListSearch({})).toBe(false);
  });
  it("reads numbers typed as a search", () => {
    expect(readListSearch({ q: 139 })).toEqual({ q: "139" });
  });
});

describe("the view in force", () => {
  const views = [view("mine"), view("pipeline", "board"), view("", "table", "01a")];
  it("is the one named, by name or id", () => {
    expect(viewOf(object(views), { view: "pipeline" }).name).toBe("pipeline");
    expect(viewOf(object(views), { view: "01a" }).id).toBe("01a");
  });
  it("is the first that fits, when none is named or the name is gone", () => {
    expect(viewOf(object(views), {}).name).toBe("mine");
    expect(viewOf(object(views), { view: "gone" }).name).toBe("mine");
    expect(viewOf(object(views), { kind: "board" }).name).toBe("pipeline");
    // With what one begins with oneself, as long as it is there.
    expect(viewOf(object(views), {}, "pipeline").name).toBe("pipeline");
    expect(viewOf(object(views), { view: "01a" }, "pipeline").id).toBe("01a");
    expect(viewOf(object(views), {}, "gone").name).toBe("mine");
  });
  it("is all of it for an object without views", () => {
    expect(viewsOf(object([])).map((one) => one.name)).toEqual(["all"]);
  });
});
