import { beforeAll, expect, it, vi } from "vitest";
import { SAMPLES } from "./samples";

let types: string[] = [];
beforeAll(async () => {
  // The kit asks for the width of the screen as it loads.
  vi.stubGlobal("window", {
    matchMedia: () => ({ matches: false, addEventListener: () => {}, removeEventListener: () => {} }),
  });
  vi.stubGlobal("document", { querySelector: () => null });
  types = Object.keys((await import("../fields")).TWINS);
}, 30_000);

it("shows every field type on the kit page", () => {
  expect(Object.keys(SAMPLES).sort()).toEqual([...types].sort());
});
