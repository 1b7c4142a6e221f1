import { describe, expect, it, vi } from "vitest";
import { printCells, readCells } from "./paste";

vi.hoisted(() =>
  // The kit asks for the width of the screen as it loads.
  vi.stubGlobal("window", { matchMedia: () => ({ matches: false, addEventListener() {}, removeEventListener() {} }) }),
);

describe("cells of a spreadsheet", () => {
  it("are rows of columns", () => {
    expect(readCells("a\tb\n1\t2\n")).toEqual([
      ["a", "b"],
      ["1", "2"],
    ]);
    expect(readCells("one")).toEqual([["one"]]);
    expect(readCells("a\r\n\r\nb")).toEqual([["a"], [""], ["b"]]);
  });
  it("may hold quotes, tabs and lines", () => {
    expect(readCells('"a\tb"\t"say ""hi"""\n"two\nlines"\tc"d')).toEqual([
      ["a\tb", 'say "hi"'],
      ["two\nlines", 'c"d'],
    ]);
  });
  it("come back as they went", () => {
    const cells = [
      ["a", 'x"y', ""],
      ["two\nlines", "t\tab", "广州"],
    ];
    expect(readCells(printCells(cells))).toEqual(cells);
  });
});
