import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { today } from "../fields/dates";
import type { Field } from "./catalog";
import { evaluate, type Reader, type Truth } from "./evaluate";
import type { Filter } from "./filter";

interface Vectors {
  now: string;
  timezone: string;
  me: string;
  types: Record<string, { field: Field; values: unknown[]; conditions: [op: string, value: unknown, held: string][] }>;
}

const path = new URL("../../../tests/contract/vectors/filters.json", import.meta.url);
const vectors = JSON.parse(readFileSync(path, "utf8")) as Vectors;

/** What the page leaves to the server, whatever the values. */
const ASKED = new Set(["phone", "url", "richtext", "address", "json", "file"]);

const readerOf = (field: Field, before?: Reader["before"]): Reader => ({
  fields: new Map([[field.name, field]]),
  me: vectors.me,
  today: today(vectors.timezone, new Date(vectors.now)),
  timezone: vectors.timezone,
  before,
});

it.each(Object.entries(vectors.types))(
  "%s means what it means in PostgreSQL",
  (type, { field, values, conditions }) => {
    let told = 0;
    for (const [op, wanted, held] of conditions) {
      for (const [at, value] of values.entries()) {
        const filter = { field: field.name, op, value: wanted };
        const truth = evaluate(filter, { [field.name]: value }, readerOf(field));
        const flipped = evaluate({ not: filter }, { [field.name]: value }, readerOf(field));
        const says = `${JSON.stringify(value)} ${op} ${JSON.stringify(wanted)}`;
        if (truth !== null) expect(truth, says).toBe(held[at] === "1");
        expect(flipped, says).toBe(truth === null ? null : !truth);
        if (truth !== null && value !== null) told += 1;
      }
    }
    const share = told / (conditions.length * Math.max(1, values.length - 1));
    if (!ASKED.has(type)) expect(share).toBeGreaterThan(0.95);
  },
);

const amount = { name: "amount", type: "money" } as Field;
const big: Filter = { field: "amount", op: "gt", value: 10 };

it("knows what it does not know", () => {
  const unknown: Filter = { field: "account.grade", op: "eq", value: "strategic" };
  const is = (filter: Filter, value: unknown): Truth => evaluate(filter, { amount: value }, readerOf(amount));
  expect(is(unknown, 1)).toBeNull();
  expect(is({ any: "contacts" }, 1)).toBeNull();
  expect(is({ and: [unknown, big] }, 1)).toBe(false);
  expect(is({ and: [unknown, big] }, 11)).toBeNull();
  expect(is({ or: [unknown, big] }, 11)).toBe(true);
  expect(is({ not: unknown }, 11)).toBeNull();
  expect(is({ was: big }, 11)).toBeNull();
});

it("compares with what was before", () => {
  const is = (filter: Filter, now: unknown, old: unknown): Truth =>
    evaluate(filter, { amount: now }, readerOf(amount, old === undefined ? null : { amount: old }));
  expect(is({ was: big }, 1, 11)).toBe(true);
  expect(is({ was: big }, 11, 1)).toBe(false);
  expect(is({ was: big }, 11, undefined)).toBe(false);
  expect(is({ changed: "amount" }, 11, 11)).toBe(false);
  expect(is({ changed: "amount" }, "12", 11)).toBe(true);
  expect(is({ changed: "amount" }, null, 11)).toBe(true);
  expect(is({ changed: "amount" }, 11, undefined)).toBe(true);
});
