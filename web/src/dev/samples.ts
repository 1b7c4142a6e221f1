/** Values of every field type for the kit page and its tests: ordinary ones, and those that break careless drawing. */
import { type Field, looseField } from "../schema/catalog";

const LONG_ZH = "苏州工业园区澜石精密制造与自动化检测设备股份有限公司华东区域售后服务与备件供应中心".repeat(7);
const LONG_EN = "The Worshipful Company of Instrument Makers, Calibrators and Measurement Engineers of Europe ".repeat(
  4,
);
const RTL = "شركة النور للتجارة והחברה הישראלית";
const EMOJI = "👩🏽‍🔬🎉 Röder & Söhne 🇨🇳";
const UNBROKEN = "x".repeat(300);
const ID = "01900000-0000-7000-8000-000000000000";

const TEXTS = ["澜石精密 Lanshi", LONG_ZH, LONG_EN, RTL, EMOJI, UNBROKEN];
/** Long in Chinese and in English, from right to left, pictures, no place to break. */
export const LONG = [LONG_ZH, LONG_EN, RTL, EMOJI, UNBROKEN];
const refs = (...titles: string[]) => titles.map((title, at) => ({ id: ID.replace(/.$/, String(at)), title }));
const OPTIONS: Field["options"] = [
  { name: "strategic", label: { en: "Strategic", zh: "战略" }, color: "teal" },
  { name: "long", label: { en: LONG_EN, zh: LONG_ZH }, color: "red" },
  { name: "plain", label: { en: "Plain", zh: "普通" } },
];

export const SAMPLES: Record<string, { values: unknown[]; field?: Partial<Field> }> = {
  text: { values: TEXTS },
  longtext: { values: [`${LONG_ZH}\n\n${LONG_EN}`, "one\ntwo", EMOJI] },
  richtext: { values: [`<p><strong>${LONG_EN}</strong></p><ul><li>${LONG_ZH}</li></ul>`, "<p>澜石</p>"] },
  integer: { values: [1280, -1, 9_007_199_254_740_991] },
  decimal: { values: [12.5, 0.000001, 123_456_789.123] },
  money: { values: [1_280_000, 0.5, 99_999_999_999_999], field: { config: {} } },
  formula: { values: [12.5, -3, 0], field: { config: { result: "decimal" }, readonly: true } },
  rollup: { values: [3, 128, 0], field: { config: { result: "integer" }, readonly: true } },
  percent: { values: [82.6, 0, 100_000] },
  boolean: { values: [true, false] },
  date: { values: ["2026-03-05", "0001-01-01", "9999-12-31"] },
  datetime: { values: ["2026-03-05T02:00:00Z", "1970-01-01T00:00:00Z"] },
  select: { values: ["strategic", "long", "plain", "gone"], field: { options: OPTIONS } },
  multiselect: {
    values: [
      ["strategic", "plain"],
      ["strategic", "long", "plain", "gone"],
    ],
    field: { options: OPTIONS },
  },
  tags: {
    values: [
      ["老客户", "VIP"],
      [LONG_ZH.slice(0, 60), RTL, EMOJI, ...Array.from({ length: 20 }, (_, n) => `tag ${n}`)],
    ],
  },
  email: { values: ["gunan@lanshi.example", `${"very.long.name".repeat(10)}@${"domain".repeat(12)}.example`] },
  sealed: { values: ["110***********002X", "***"] },
  phone: { values: ["+8613812345678", "+442079460886", "+8651262889100;ext=8"] },
  url: { values: ["https://lanshi.example/", `https://lanshi.example/${"path/".repeat(50)}?q=${UNBROKEN}`] },
  address: {
    values: [
      { province: "江苏省", city: "苏州市", district: "工业园区", street: "榭雨街88号", postal_code: "215000" },
      {
        street: LONG_EN,
        city: "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch",
        country: "United Kingdom",
      },
    ],
  },
  person: { values: ["王敏", RTL, LONG_EN] },
  link: { values: refs("苏州澜石精密制造有限公司", LONG_ZH, RTL), field: { target: "account" } },
  links: { values: [refs("A", "B"), refs(LONG_ZH, LONG_EN, RTL, EMOJI)], field: { target: "contact" } },
  user: { values: refs("林晓岚", LONG_EN), field: { target: "user" } },
  file: { values: [{ id: ID, name: `${"quote ".repeat(40)}.pdf`, size: 1_234_567, type: "application/pdf" }] },
  autonumber: { values: ["QT-2026-000123"] },
  rating: { values: [4, 0, 5], field: { config: { max: 5 } } },
  duration: { values: [5100, 30, 31_536_000] },
  json: { values: [{ a: [1, 2, { b: LONG_EN }] }, []] },
  id: { values: [ID] },
  currency: { values: ["CNY", "EUR"] },
  reference: { values: refs("续约二期", LONG_ZH).map((ref) => ({ ...ref, object: "opportunity" })) },
  stage: { values: ["proposal", "won", "gone"] },
  pipeline: { values: ["sales", "gone"] },
  password: { values: [null] },
};

/** A field of that type, as the catalog would declare it. */
export function sampleField(type: string, operators: string[]): Field {
  return looseField({
    name: `sample_${type}`,
    type,
    label: { en: type, zh: type },
    sortable: true,
    groupable: true,
    operators,
    ...SAMPLES[type]?.field,
  });
}
