/** Words and labels put together. Pure. */
import type { Label } from "../schema/catalog";

const FROM_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** What is written from right to left keeps its own order inside a sentence, and the sentence its own. */
const apart = (value: string): string => (FROM_RIGHT.test(value) ? `\u2068${value}\u2069` : value);

/** 共约 100.6 万条: no space stands between two characters, whatever the number brought along. */
const CLOSED = /(?<=\p{Script=Han}) (?=约 \d)|(?<=\d [万亿]) (?=\p{Script=Han})/gu;

/** A number and the measure word behind it are one: no line ends between them. A time measures nothing. */
const measured = (text: string): string =>
  text.replace(CLOSED, "").replace(/(^|[^:\d])(\d[\d.,]*) (?=\p{Script=Han})/gu, "$1$2\u00a0");

/** `{n} record|{n} records`: the first where n is 1. */
export function fill(
  text: string,
  params: Record<string, string | number> = {},
  print: (value: number) => string = String,
): string {
  const forms = text.split("|");
  const form = forms.length > 1 ? (Number(params.n) === 1 ? forms[0] : forms[1]) : text;
  const filled = (form ?? text).replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    return value === undefined ? whole : typeof value === "number" ? print(value) : apart(value);
  });
  return measured(filled);
}

export function labelIn(label: Label | null | undefined, language: string, fallback = ""): string {
  return label?.[language] || label?.en || label?.zh || fallback;
}

/** A noun inside a sentence: English writes it small, unless it is an abbreviation. */
export function inline(noun: string, language: string): string {
  if (language !== "en") return noun;
  return noun.replace(/\b\p{Lu}(?=\p{Ll}|\b)/gu, (letter) => letter.toLowerCase());
}
