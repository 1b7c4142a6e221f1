/** Numbers as people write them: 3.5万, 1.2 亿, ¥12,000, 4k. */

const UNITS: Record<string, number> = {
  十: 1,
  百: 2,
  千: 3,
  万: 4,
  萬: 4,
  w: 4,
  十万: 5,
  百万: 6,
  千万: 7,
  亿: 8,
  億: 8,
  十亿: 9,
  百亿: 10,
  千亿: 11,
  万亿: 12,
  k: 3,
  thousand: 3,
  m: 6,
  mn: 6,
  million: 6,
  b: 9,
  bn: 9,
  billion: 9,
};
const DIGITS = "零一二三四五六七八九";

/** 三十五 → 35, 一百二 → 120, 两 → 2; NaN when it is not a Chinese number below ten thousand. */
export function readChinese(text: string): number {
  const source = text.replace(/[两俩]/g, "二").replace(/〇/g, "零");
  if (!/^[零一二三四五六七八九十百千]+$/.test(source)) return Number.NaN;
  if (!/[十百千]/.test(source)) return Number([...source].map((c) => DIGITS.indexOf(c)).join(""));
  let total = 0;
  let digit = 0;
  let last = 10;
  for (const c of source) {
    const scale = c === "十" ? 10 : c === "百" ? 100 : c === "千" ? 1000 : 0;
    if (scale === 0) {
      digit = DIGITS.indexOf(c);
      if (c === "零") last = 10;
    } else {
      total += (digit || (total === 0 ? 1 : 0)) * scale;
      digit = 0;
      last = scale;
    }
  }
  return total + digit * (last >= 100 && digit && !source.includes("零") ? last / 10 : 1);
}

/** Moves the decimal point of a plain decimal text to the right, exactly. */
function shift(text: string, places: number): number {
  return Number(`${text}e${places}`);
}

/** Currencies by the signs and words beside an amount; of several the company's own, else the first. */
const SIGNS: Record<string, string[]> = {
  "¥": ["CNY", "JPY"],
  元整: ["CNY"],
  元: ["CNY", "TWD", "HKD"],
  块钱: ["CNY"],
  块: ["CNY"],
  人民币: ["CNY"],
  rmb: ["CNY"],
  us$: ["USD"],
  hk$: ["HKD"],
  nt$: ["TWD"],
  a$: ["AUD"],
  c$: ["CAD"],
  s$: ["SGD"],
  $: ["USD", "HKD", "SGD", "AUD", "CAD", "NZD", "TWD", "MXN"],
  美元: ["USD"],
  美金: ["USD"],
  港币: ["HKD"],
  港元: ["HKD"],
  "€": ["EUR"],
  欧元: ["EUR"],
  "£": ["GBP"],
  英镑: ["GBP"],
  日元: ["JPY"],
  "₩": ["KRW"],
  韩元: ["KRW"],
  "₹": ["INR"],
  ...Object.fromEntries(
    "cny usd eur hkd jpy gbp twd krw sgd aud cad chf inr".split(" ").map((code) => [code, [code.toUpperCase()]]),
  ),
};
const SIGN = new RegExp(
  Object.keys(SIGNS)
    .sort((a, b) => b.length - a.length)
    .map((sign) => sign.replace("$", "\\$"))
    .join("|"),
  "g",
);

/** The currency that stands beside an amount: `€500` is in EUR. `own` is the company's; null where none is said. */
export function currencyIn(text: string, own: string): string | null {
  const [sign] = text.normalize("NFKC").toLowerCase().match(SIGN) ?? [];
  const meant = sign ? (SIGNS[sign] ?? []) : [];
  return meant.includes(own) ? own : (meant[0] ?? null);
}

/** The number that a text means, or null when it means none. Units, currency signs, full-width digits and separators are understood. */
export function readNumber(text: string): number | null {
  let source = text.normalize("NFKC").trim().toLowerCase();
  if (source === "") return null;
  let sign = "";
  if (/^\(.*\)$/.test(source)) {
    sign = "-";
    source = source.slice(1, -1);
  }
  source = source.replace(SIGN, "").replace(/[%,，\s_']/g, "");
  const match =
    /^([+-]?)(\d+(?:\.\d*)?|\.\d+|[零〇一二两三四五六七八九十百千]+?)(十亿|百亿|千亿|万亿|亿|億|十万|百万|千万|万|萬|千|百|thousand|million|billion|mn|bn|k|m|b|w)?(\d+|[零一二三四五六七八九十百千]+)?$/.exec(
      source,
    );
  if (match === null) {
    const plain = readChinese(source);
    return Number.isNaN(plain) ? null : plain;
  }
  const [, signText = "", digits = "", unit = "", tail = ""] = match;
  const negative = (signText === "-") !== (sign === "-");
  const base = /[\d.]/.test(digits) ? digits : String(readChinese(digits));
  if (base === "NaN") return null;
  const places = UNITS[unit] ?? 0;
  let value = shift(base, places);
  if (tail !== "") {
    // 3万5 is 35,000 and 三万五千 is the same: what follows is either one digit of the next place, or a number in full
    const rest = /\d/.test(tail) ? Number(tail) : readChinese(tail);
    if (unit === "" || Number.isNaN(rest)) return null;
    value += rest < 10 && /^(\d|[一二三四五六七八九])$/.test(tail) ? shift(String(rest), places - 1) : rest;
  }
  if (!Number.isFinite(value)) return null;
  return negative ? -value : value;
}
