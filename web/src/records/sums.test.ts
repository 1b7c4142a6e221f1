import { describe, expect, it } from "vitest";
import type { FormatContext } from "../fields";
import { formatter } from "../i18n";
import { sumsOf } from "./sums";

const ctx = { currency: "CNY", f: formatter({ language: "zh", timezone: "Asia/Shanghai" }) } as FormatContext;
const said = (values: Record<string, unknown>) => sumsOf(values, "amount", ctx).map(({ text, unit }) => text + unit);

describe("sums of amounts", () => {
  it("says one currency's figure, the workspace's own without its sign", () => {
    expect(said({ amount: 1_280_000, amount_currency: "CNY" })).toEqual(["128.0万"]);
    expect(said({ amount: 1_280_000, amount_currency: "USD" })).toEqual(["$128.0万"]);
    expect(said({ amount: 50_000 })).toEqual(["5.0万"]);
  });
  it("says in English that a figure that stands alone is money", () => {
    const english = {
      currency: "USD",
      language: "en",
      f: formatter({ language: "en", timezone: "UTC" }),
    } as FormatContext;
    const of = (alone: boolean) =>
      sumsOf({ amount: 8_900 }, "amount", english, alone).map(({ text, unit }) => text + unit);
    expect([of(false), of(true)]).toEqual([["8.90K"], ["$8.90K"]]);
  });
  it("adds up no currencies with each other", () => {
    const values = { amount: null, amount_currency: null, amount_by_currency: { CNY: 50_000, USD: 120, EUR: 0 } };
    expect(said(values)).toEqual(["5.0万", "$120"]);
  });
  it("has nothing to say of nothing", () => {
    expect(said({ amount: null, amount_currency: null })).toEqual([]);
    expect(said({ amount: 0 })).toEqual([]);
    expect(sumsOf(undefined, "amount", ctx)).toEqual([]);
  });
});
