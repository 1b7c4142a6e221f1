import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import more from "./en/more";

const HOME = join(import.meta.dirname, "..");
const sources = readdirSync(HOME, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name));

/** The file that an import of another names. */
function found(from: string, named: string): string | undefined {
  const path = join(dirname(from), named);
  return [path, `${path}.ts`, `${path}.tsx`, join(path, "index.ts"), join(path, "index.tsx")].find(
    (one) => /\.tsx?$/.test(one) && existsSync(join(HOME, one)),
  );
}

/** What comes without the words of further areas: from the page's beginning on, through whatever `spoken` does not bring. */
function near(): Map<string, string> {
  const texts = new Map<string, string>();
  const open = ["main.tsx"];
  for (let file = open.pop(); file; file = open.pop()) {
    if (texts.has(file) || file.startsWith("i18n/")) continue;
    const text = readFileSync(join(HOME, file), "utf8");
    texts.set(file, text);
    const named = /(?<!spoken\(\(\) => import\()(?:(?<=from )|(?<=import\()|(?<=import ))"(\.[^"]+)"/g;
    for (const [, name = ""] of text.matchAll(named)) {
      const next = found(file, name);
      if (next) open.push(next);
    }
  }
  return texts;
}

it("what comes with the first words says none of the others", () => {
  const texts = near();
  expect(texts.size).toBeGreaterThan(100);
  expect(sources.length - texts.size).toBeGreaterThan(100);
  const keys = Object.keys(more);
  const said: string[] = [];
  for (const [file, text] of texts) {
    const whole = new Set(text.match(/(?<=")[\w.]+(?=")/g));
    // Some are put together: `verb.${name}`.
    const begun = text.match(/(?<=`)[\w.]+\.(?=\$\{)/g) ?? [];
    for (const key of keys)
      if (whole.has(key) || begun.some((one) => key.startsWith(one))) said.push(`${file}: ${key}`);
  }
  expect(said).toEqual([]);
});
