import { beforeAll, describe, expect, it, vi } from "vitest";
import { formatter, type Key } from "../i18n";
import en from "../i18n/en/all";
import { fill, labelIn } from "../i18n/words";
import zh from "../i18n/zh/all";
import { askedFields } from "../records/columns";
import { Catalog, type CatalogJson, type Field, looseField, type ObjectDef } from "../schema/catalog";
import type { FormatContext, Twin } from "./twin";

let twins: Readonly<Record<string, Twin>> = {};
beforeAll(async () => {
  // The kit asks for the width of the screen as it loads.
  vi.stubGlobal("window", {
    matchMedia: () => ({ matches: false, addEventListener: () => {}, removeEventListener: () => {} }),
  });
  twins = (await import("./index")).TWINS;
}, 30_000);

const field = (type: string, more: Partial<Field> = {}): Field =>
  looseField({ name: "value", type, label: { en: "Value", zh: "值" }, sortable: true, groupable: true, ...more });

function context(language: "en" | "zh"): FormatContext {
  const words: Record<Key, string> = language === "zh" ? zh : en;
  const json = {
    version: 1,
    workspace: { currency: "CNY" },
    me: { id: "me", name: "Lin" },
    objects: [],
    pipelines: [],
    types: [],
    roles: [],
  };
  return {
    language,
    timezone: "Asia/Shanghai",
    currency: "CNY",
    f: formatter({ language, timezone: "Asia/Shanghai" }),
    t: (key, params) => fill(words[key], params),
    label: (label, fallback) => labelIn(label, language, fallback),
    catalog: new Catalog(json as unknown as CatalogJson),
    titles: 0,
  };
}
const OPTIONS = { options: [{ name: "vip", label: { en: "Key", zh: "重点" } }] };

describe("what a value says in words", () => {
  it.each<[string, unknown, string, string, Partial<Field>?]>([
    ["text", "Röder", "Röder", "Röder"],
    ["longtext", "one\n two", "one two", "one two"],
    ["integer", 12345, "12,345", "12,345"],
    ["integer", 2009, "2009", "2009", { config: { min: 1000, max: 2200 } }],
    ["decimal", 1.5, "1.5", "1.5"],
    ["money", 1280000, "¥1,280,000", "¥1,280,000"],
    ["percent", 12.5, "12.5%", "12.5%"],
    ["boolean", true, "Yes", "是"],
    ["boolean", false, "No", "否"],
    ["date", "2024-03-05", "5 Mar 2024", "2024年3月5日"],
    ["date", "this_quarter", "This quarter", "本季度"],
    ["date", { last_days: 30 }, "the last 30 days", "最近 30\u00a0天"],
    ["datetime", "2024-03-05T02:00:00Z", "5 Mar 2024 10:00", "2024年3月5日 10:00"],
    ["select", "vip", "Key", "重点", OPTIONS],
    ["select", "gone", "gone", "gone", OPTIONS],
    ["multiselect", ["vip", "gone"], "Key, gone", "重点、gone", OPTIONS],
    ["tags", ["a", "b"], "a, b", "a、b"],
    ["phone", "+8613812345678", "+86 138 1234 5678", "138 1234 5678"],
    ["phone", "+8651262889100;ext=8", "+86 512 6288 9100 ext. 8", "0512 6288 9100 转 8"],
    ["phone", "+14155552671", "+1 415 555 2671", "+1 415 555 2671"],
    ["phone", "+4930123456789", "+49 301 234 56 789", "+49 301 234 56 789"],
    ["phone", "+353861234567", "+353 861 234 567", "+353 861 234 567"],
    ["url", "https://www.lanshi.example/", "lanshi.example", "lanshi.example"],
    [
      "address",
      { province: "江苏省", city: "苏州市", street: "榭雨街88号" },
      "江苏省苏州市榭雨街88号",
      "江苏省苏州市榭雨街88号",
    ],
    [
      "address",
      { street: "1 Main St", city: "Austin", province: "TX", postal_code: "78701" },
      "1 Main St, Austin, TX 78701",
      "1 Main St, Austin, TX 78701",
    ],
    ["person", "王敏", "王敏", "王敏"],
    ["link", { id: "1", title: "Lanshi" }, "Lanshi", "Lanshi"],
    [
      "links",
      [
        { id: "1", title: "A" },
        { id: "2", title: "B" },
      ],
      "A, B",
      "A、B",
    ],
    ["user", "$me", "Me", "我"],
    ["reference", { object: "account", id: "1", title: "Lanshi" }, "Lanshi", "Lanshi"],
    ["file", { id: "1", name: "quote.pdf", size: 1, type: "" }, "quote.pdf", "quote.pdf"],
    ["rating", 4, "4/5", "4/5"],
    ["duration", 5100, "1 h 25 min", "1 小时 25 分钟"],
    ["json", { a: 1 }, '{"a":1}', '{"a":1}'],
    ["password", "secret", "", ""],
  ])("%s %j", (type, value, english, chinese, more) => {
    expect(twins[type]?.format(value, field(type, more), context("en"))).toBe(english);
    expect(twins[type]?.format(value, field(type, more), context("zh"))).toBe(chinese);
  });

  it("calls a stage as the pipeline of its record does", () => {
    const stage = looseField({ name: "stage", type: "stage", label: { en: "Stage" } });
    const fields = [stage, looseField({ name: "way", type: "pipeline", label: { en: "Pipeline" } })];
    const named = (name: string, zh: string) => ({
      name,
      object: "deal",
      stages: [{ name: "won", label: { en: name, zh } }],
    });
    const pipelines = [named("sales", "赢单"), named("renewal", "已续约")];
    const ctx = { ...context("zh"), catalog: { objects: [{ name: "deal", fields }], pipelines } as unknown as Catalog };
    expect(twins.stage?.format("won", stage, ctx, { way: "renewal" })).toBe("已续约");
    expect(twins.stage?.format("won", stage, ctx)).toBe("赢单");
    expect(askedFields({ title: "name", fields } as unknown as ObjectDef, ["stage"])).toContain("way");
  });

  it("never fails, whatever the server sends", () => {
    const odd = [null, undefined, "", 0, -1, "x".repeat(300), [], {}, ["a"], { id: 1 }, true, "2024-13-45", "😀"];
    for (const [type, twin] of Object.entries(twins)) {
      // Formatted text is taken apart by the browser's own parser, which is not here.
      if (type === "richtext") continue;
      for (const value of odd)
        for (const language of ["en", "zh"] as const)
          expect(typeof twin.format(value, field(type), context(language))).toBe("string");
      expect(twin.format(null, field(type), context("en"))).toBe("");
    }
  });
});

describe("what typed text means", () => {
  it.each<[string, string, unknown, Partial<Field>?]>([
    ["money", "3.5万", 35000],
    ["integer", "1.5", undefined],
    ["percent", "50%", 50],
    ["boolean", "是", true],
    ["select", "重点", "vip", OPTIONS],
    ["select", "nothing", undefined, OPTIONS],
    ["multiselect", "vip、重点", ["vip", "vip"], OPTIONS],
    ["tags", "a、b, a", ["a", "b"]],
    ["date", "2026/3/5", "2026-03-05"],
    ["duration", "1小时25分", 5100],
    ["duration", "1.5h", 5400],
    ["duration", "1:30", 5400],
    ["duration", "90", 5400],
    ["duration", "半小时", 1800],
    ["rating", "★★★☆☆", 3],
  ])("%s %s", (type, text, value, more) =>
    expect(twins[type]?.read?.(text, field(type, more), context("zh"))).toEqual(value),
  );

  it("takes a Chinese address apart", () => {
    expect(twins.address?.read?.("江苏省苏州市工业园区榭雨街88号 215000", field("address"), context("zh"))).toEqual({
      province: "江苏省",
      city: "苏州市",
      district: "工业园区",
      street: "榭雨街88号",
      postal_code: "215000",
    });
  });
});

it("writes links as ids", () => {
  expect(twins.link?.write?.({ id: "1", title: "A" })).toBe("1");
  expect(twins.links?.write?.([{ id: "1", title: "A" }])).toEqual(["1"]);
  expect(twins.reference?.write?.({ object: "account", id: "1", title: "A" })).toEqual({ object: "account", id: "1" });
});
