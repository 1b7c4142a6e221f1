import { describe, expect, it } from "vitest";
import en from "./en/all";
import * as f from "./format";
import { fill, inline, labelIn } from "./words";
import zh from "./zh/all";

const ZH = { language: "zh", timezone: "Asia/Shanghai" };
const EN = { language: "en", timezone: "Europe/London" };
const NOW = new Date("2026-11-22T06:00:00Z");

describe("dictionaries", () => {
  it("hold the same words with the same places to fill in", () => {
    expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
    const places = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
    for (const [key, text] of Object.entries(en)) {
      const other = zh[key as keyof typeof en];
      // A language may do without a place; two that each fill in what the other does not know are a mistake.
      const extra = places(other).filter((place) => !places(text).includes(place));
      const less = places(text).filter((place) => !places(other).includes(place));
      if (text && other) expect(extra.length && less.length, key).toBeFalsy();
    }
  });
});

describe("fill", () => {
  it("puts values in and chooses the plural", () => {
    expect(fill("{n} record|{n} records", { n: 1 })).toBe("1 record");
    expect(fill("{n} record|{n} records", { n: 2 })).toBe("2 records");
    expect(fill("共 {n} 条", { n: 1200 }, (n) => f.number(n, ZH))).toBe("共 1,200\u00a0条");
    expect(fill("共 {n} 条", { n: f.count(null, 1_006_000, ZH) })).toBe("共约 100.6\u00a0万条");
    expect(fill("{when} 截止", { when: "周五 15:00" })).toBe("周五 15:00 截止");
    expect(fill("{a} {b}", { a: "x" })).toBe("x {b}");
  });
});

describe("nouns inside a sentence", () => {
  it("are small in English, and abbreviations stay", () => {
    expect(inline("Opportunities", "en")).toBe("opportunities");
    expect(inline("Site Visits", "en")).toBe("site visits");
    expect(inline("KPIs", "en")).toBe("KPIs");
    expect(inline("客户", "zh")).toBe("客户");
  });
});

it("a label falls back to what there is", () => {
  expect(labelIn({ zh: "客户" }, "en")).toBe("客户");
  expect(labelIn({}, "en", "account")).toBe("account");
});

it("gives an estimate a few figures only", () => {
  expect([f.count(1_005_768, null, ZH), f.count(null, 1_005_768, ZH)]).toEqual(["1,005,768", "约 100.6 万"]);
  expect([f.count(0, 3, EN), f.count(null, 1_005_768, EN)]).toEqual(["0", "≈ 1.01M"]);
});

describe("short numbers", () => {
  const zhShort = (n: number) => Object.values(f.short(n, ZH)).join("");
  const enShort = (n: number) => Object.values(f.short(n, EN)).join("");
  it("count in 万 and 亿 for Chinese readers", () => {
    expect([0, 750, 9_999, 10_000, 128_000, 1_280_000, 99_990_000, 108_872_000].map(zhShort)).toEqual([
      "0",
      "750",
      "9,999",
      "1.0万",
      "12.8万",
      "128.0万",
      "9,999.0万",
      "1.09亿",
    ]);
    expect(zhShort(-128_000)).toBe("-12.8万");
  });
  it("count in K, M and B for others, and round into the next unit", () => {
    expect([999, 1_000, 92_000, 186_000, 1_280_000, 999_999, 10_005_534].map(enShort)).toEqual([
      "999",
      "1.00K",
      "92.0K",
      "186K",
      "1.28M",
      "1.00M",
      "10.0M",
    ]);
  });
});

describe("money", () => {
  it("keeps cents only where there are some", () => {
    expect(f.money(1_280_000, "CNY", ZH)).toBe("¥1,280,000");
    expect(f.money(12.5, "EUR", EN)).toBe("€12.50");
    expect(f.money(7, "USD", EN)).toBe("$7");
    for (const locale of [EN, ZH]) {
      expect(f.money(7, "HKD", locale)).toBe("HK$7");
      expect(f.money(7, "JPY", locale)).toBe("JP¥7");
      expect(f.currencySign("JPY", locale)).toBe("JP¥");
    }
  });
});

describe("dates", () => {
  it("are in the reader's words, without this year", () => {
    expect(f.day("2026-11-16", ZH, NOW)).toBe("11月16日");
    expect(f.day("2027-01-26", ZH, NOW)).toBe("2027年1月26日");
    expect(f.date("2026-03-05", EN)).toBe("5 Mar 2026");
  });
  it("do not move with the time zone", () => {
    expect(f.date("2026-03-05", { language: "en", timezone: "America/Los_Angeles" })).toBe("5 Mar 2026");
    expect(f.today({ language: "en", timezone: "Asia/Shanghai" }, new Date("2026-11-22T17:00:00Z"))).toBe("2026-11-23");
  });
  it("count whole days", () => {
    expect(f.daysFromToday("2026-11-20", ZH, NOW)).toBe(-2);
    expect(f.dayShort("2026-12-07", ZH)).toBe("12/7");
    expect(f.dayShort("2026-12-07", EN)).toBe("7 Dec");
    expect(f.ago("2026-11-22T05:59:30Z", ZH, NOW)).toBe("刚刚");
    expect(f.ago("2026-11-21T01:00:00Z", EN, NOW)).toBe("yesterday");
  });
  it("of moments are those of the reader's zone", () => {
    const here = { language: "en", timezone: "Asia/Shanghai" };
    const now = new Date("2026-11-22T18:00:00Z"); // two in the night of the 23rd
    expect(f.daysFromToday("2026-11-22T17:00:00Z", here, now)).toBe(0);
    expect(f.daysFromToday("2026-11-22T15:00:00Z", here, now)).toBe(-1);
    expect(f.day("2026-12-31T17:00:00Z", here, now)).toBe("1 Jan 2027");
  });
  it("tell durations", () => {
    expect(f.duration(5_400, EN)).toBe("1 h 30 min");
    expect(f.duration(90_000, ZH)).toBe("1 天 1 小时");
    expect(f.duration(0, EN)).toBe("0 min");
  });
});
