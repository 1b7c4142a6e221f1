import { describe, expect, it } from "vitest";
import {
  addable,
  type Choices,
  cellOf,
  fixOf,
  guesses,
  howOf,
  keysOf,
  mapped,
  meaning,
  type Problem,
  type Run,
  recordsOf,
  timeLeft,
  type Upload,
  unfilled,
} from "./model";

const target = (field: string, type = "text", more: object = {}) => ({
  field,
  label: { en: field },
  type,
  required: false,
  unique: false,
  target: null,
  via: null,
  options: false,
  ...more,
});
const column = (index: number, name: string) => ({
  index,
  name,
  samples: [],
  type: "text",
  empty: 0,
  suggestion: null,
});
const upload = {
  columns: [column(0, "Company"), column(1, "Tax no."), column(2, "Owner")],
  targets: [
    target("name", "text", { required: true }),
    target("registration", "text", { unique: true }),
    target("owner", "user"),
    target("address", "address"),
  ],
} as unknown as Upload;
const choices = (mapping: Choices["mapping"], mode: Choices["mode"] = "create"): Choices => ({
  mapping,
  mode,
  key: null,
  date_order: "",
  existing: "overwrite",
  fixed: {},
});

describe("a mapping", () => {
  it("is short where nothing is said beyond the field", () => {
    expect(mapped({}, "Company", { field: "name" })).toEqual({ Company: "name" });
    expect(mapped({}, "Owner", { field: "owner", missing: "empty" })).toEqual({
      Owner: { field: "owner", missing: "empty" },
    });
    expect(howOf({ Company: "name" }, "Company")).toEqual({ field: "name" });
    expect(howOf({ Company: null }, "Company")).toBeNull();
  });
  it("keeps what some texts mean, and forgets it", () => {
    const taken = meaning({ field: "industry" }, "technolgy", "technology");
    expect(taken).toEqual({ field: "industry", values: { technolgy: "technology" } });
    expect(meaning(taken, "technolgy", null)).toEqual({ field: "industry" });
  });
  it("must fill what is required, unless records are only changed", () => {
    expect(unfilled(upload, choices({ Owner: "owner" })).map((one) => one.field)).toEqual(["name"]);
    expect(unfilled(upload, choices({ Company: "name" }))).toEqual([]);
    expect(unfilled(upload, choices({}, "update"))).toEqual([]);
  });
  it("offers as keys what is mapped and can be looked for, unique fields first", () => {
    const found = keysOf(upload, choices({ Company: "name", "Tax no.": "registration", Owner: "owner" }));
    expect(found.map((one) => one.field)).toEqual(["registration", "name"]);
  });
});

describe("a run", () => {
  const run = { status: "running", rows: 1000, read: 400, rate: 200, updated: 0, owner: "u" } as unknown as Run;
  it("knows how long it will still take", () => {
    expect(timeLeft(run)).toBe(3);
    expect(timeLeft({ ...run, rate: 0 })).toBeNull();
    expect(timeLeft({ ...run, status: "done" })).toBeNull();
  });
  it("finds what it made", () => {
    expect(recordsOf(run)).toBeNull();
    expect(recordsOf({ ...run, started_at: "a", ended_at: "b" })).toEqual({
      and: [
        { field: "created_by", op: "eq", value: "u" },
        { field: "created_at", op: "between", value: ["a", "b"] },
      ],
    });
  });
});

describe("problems", () => {
  const problem = (code: string) => ({ code, field: "owner", kind: "error", samples: [] }) as unknown as Problem;
  it("have a fix where the mapping decides", () => {
    expect(fixOf(problem("link_not_found"), target("owner", "user"))).toBe("missing");
    expect(fixOf(problem("left_empty"), target("grade", "select", { options: true }))).toBe("unknown");
    expect(fixOf(problem("ambiguous_date"), target("founded", "date"))).toBe("date");
    expect(fixOf(problem("too_long"), target("name"))).toBeNull();
  });
});

describe("what is decided once for all rows", () => {
  it("is said as a cell would say it", () => {
    expect([cellOf(null), cellOf(3.5), cellOf(true), cellOf("展会")]).toEqual(["", "3.5", "true", "展会"]);
    expect(cellOf({ id: "01a2", title: "Ann" })).toBe("01a2");
    expect(cellOf(["a", { id: "b" }])).toBe("a; b");
  });
  it("fills a required field without a column", () => {
    const none = choices({ Owner: "owner" });
    expect(unfilled(upload, none).map((one) => one.field)).toEqual(["name"]);
    expect(unfilled(upload, { ...none, fixed: { name: "Lanshi" } })).toEqual([]);
    expect(unfilled(upload, { ...none, fixed: { name: null } })).toHaveLength(1);
  });
  it("takes what was probably meant, where that is known", () => {
    const samples = [
      { line: 2, value: "GTXPro", count: 1480, near: "GTX Pro" },
      { line: 9, value: "???", count: 3 },
    ];
    expect(guesses({ samples } as unknown as Problem)).toEqual({ GTXPro: "GTX Pro" });
  });
  it("may leave empty what a field does not take, not what it misses", () => {
    const problem = (code: string) => ({ code, kind: "error", field: "x" }) as unknown as Problem;
    expect(fixOf(problem("not_a_number"), target("x", "integer"))).toBe("value");
    expect(fixOf(problem("too_long"), target("x", "text"))).toBeNull();
    expect(fixOf(problem("required"), target("x", "integer"))).toBe("column");
  });

  it("adds options only to the object's own fields", () => {
    expect([target("industry", "select"), target("account.industry", "select"), target("name")].map(addable)).toEqual([
      true,
      false,
      false,
    ]);
  });
});
