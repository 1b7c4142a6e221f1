/** Formulas as people type them: fields by what they are called, and the signs of a Chinese keyboard. */
import type { Field, ObjectDef } from "../schema/catalog";

const SIGNS: Record<string, string> = {
  "×": "*",
  "÷": "/",
  "。": ".",
  "、": ",",
  "≠": "<>",
  "≥": ">=",
  "≤": "<=",
  "−": "-",
};
const QUOTES: Record<string, string> = { "'": "'", "‘": "’", "“": "”", "＇": "＇" };
const WORDS = new Set(["and", "or", "not", "true", "false"]);
const WORD = /[A-Za-z0-9_]/;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*/;

/** The formula with the names that programs know: `金额×2` is `amount*2`, `客户.行业` is `account.industry`; so are the options of a
 * choice that is compared with one, other texts stay as they are. */
export function spelled(text: string, object: ObjectDef, find: (name: string) => ObjectDef | undefined): string {
  let out = "";
  let at = 0;
  /** Whose fields the next name is looked for among: behind a point those of what the link before it leads to. */
  let place: ObjectDef | undefined = object;
  /** The choice that was named last, and what the text behind `=` is compared with. */
  let choice: Field | null = null;
  let compared: Field | null = null;
  while (at < text.length) {
    const rest = text.slice(at);
    const close = QUOTES[rest[0] ?? ""];
    if (close) {
      const end = rest.slice(1).search(close === "’" || close === "”" ? new RegExp(`[${close}']`) : close);
      if (end < 0) return out + (close === "'" ? rest : `'${rest.slice(1)}`);
      out += `'${optionNamed(rest.slice(1, end + 1), compared)}'`;
      compared = null;
      at += end + 2;
      place = object;
      continue;
    }
    const name = NAME.exec(rest)?.[0];
    const known: Field | undefined = place?.fields.find((one) => one.name === name);
    const called: Called | null = known || (name && WORDS.has(name)) ? null : labelled(rest, place);
    const field: Field | undefined = called?.field ?? known;
    if (called || name) {
      out += called ? called.field.name : name;
      at += (called ? called.length : name?.length) ?? 1;
      const next = /^\s*[.。．]/.test(text.slice(at));
      choice = field?.options?.length ? field : null;
      compared = null;
      place = next && field?.target ? find(field.target) : object;
      continue;
    }
    const sign = rest[0] ?? "";
    const meant = SIGNS[sign] ?? sign.normalize("NFKC");
    out += meant;
    if (meant.trim()) compared = /[=<>]/.test(meant) ? (choice ?? compared) : null;
    if (/[=<>]/.test(meant)) choice = null;
    at += 1;
    if (sign.trim() && !/[.。．]/.test(sign)) place = object;
  }
  return out;
}

/** An option by what it is called, where a choice is compared with it. */
function optionNamed(text: string, field: Field | null): string {
  const options = field?.options ?? [];
  if (options.some((one) => one.name === text)) return text;
  return options.find((one) => Object.values(one.label ?? {}).includes(text))?.name ?? text;
}

interface Called {
  field: Field;
  length: number;
}

/** The field whose label the text begins with, in any language; of several the longest. */
function labelled(text: string, object: ObjectDef | undefined): Called | null {
  let best: Called | null = null;
  for (const field of object?.fields ?? [])
    for (const label of Object.values(field.label)) {
      if (!label || label.length <= (best?.length ?? 0)) continue;
      if (text.slice(0, label.length).toLowerCase() !== label.toLowerCase()) continue;
      const after = text.slice(label.length);
      // A word goes on, or is a function's.
      if (WORD.test(label.slice(-1)) && /^([A-Za-z0-9_]|\s*[(（])/.test(after)) continue;
      best = { field, length: label.length };
    }
  return best;
}
