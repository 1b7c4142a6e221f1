import { describe, expect, it } from "vitest";
import { atOnce, Track } from "./sight";

describe("what is drawn at once", () => {
  it("is the sight alone after a jump, and all that was drawn near it before", () => {
    expect(atOnce([500, 520], [0, 34], 12)).toEqual([500, 520]);
    expect(atOnce([30, 50], [0, 34], 12)).toEqual([18, 50]);
    expect(atOnce([30, 50], [40, 70], 12)).toEqual([30, 62]);
    expect(atOnce([30, 50], [35, 45], 12)).toEqual([30, 50]);
  });
});

describe("a list that is longer than its box", () => {
  const TALL = 36_000_000;
  const BOX = 10_000_000;
  const track = (length = TALL) => {
    const made = new Track();
    made.sized(length);
    return made;
  };

  it("is where its box is, up to the limit", () => {
    const short = track(3_600_000);
    for (const top of [0, 5_000, 3_000_000, 3_599_400]) {
      expect(short.read(top)).toBe(top);
      expect(short.ends(top)).toBe(false);
      expect(short.aim(top, 0)).toBe(top);
    }
  });

  it("is reached at both ends, and in between by the part of the box", () => {
    const long = track();
    expect(long.read(BOX - 600)).toBe(TALL - 600);
    expect(long.read(BOX / 2)).toBe(TALL / 2);
    expect(long.read(0)).toBe(0);
  });

  it("goes line by line with what goes line by line", () => {
    const long = track();
    const from = long.read(4_000_000);
    expect(from).toBeGreaterThan(14_000_000);
    expect(long.read(4_000_120)).toBe(from + 120);
    expect(long.read(3_999_000)).toBe(from - 1_000);
    expect(long.aim(from + 36, 3_999_000)).toBe(4_000_036);
    expect(long.read(4_000_036)).toBe(from + 36);
  });

  it("stands where it was told to, however far", () => {
    const long = track();
    for (const place of [17_999_964, 36, TALL - 600, 99_999, 100_001, 35_000_000]) {
      const top = long.aim(place, long.aim(0, 0));
      expect(top).toBeLessThanOrEqual(BOX - 600);
      expect(long.read(top)).toBe(place);
      expect(long.ends(top)).toBe(false);
    }
  });

  it("goes on past the end of its box, both ways, without a line left out", () => {
    const long = track();
    for (const step of [-1_200, 1_200]) {
      let place = step < 0 ? 400_000 : TALL - 400_000;
      let top = long.aim(place, 0);
      for (; place > 0 && place < TALL - 600; place += step) {
        expect(long.read(top)).toBe(place);
        if (long.ends(top)) top = long.aim(place, top);
        top += step;
        expect(top).toBeGreaterThan(-1_200);
        expect(top).toBeLessThan(BOX + 600);
      }
    }
  });

  it("keeps its place when lines come or go", () => {
    const long = track();
    const place = long.read(6_000_000);
    long.sized(TALL - 36);
    expect(long.read(6_000_000)).toBe(place);
    long.read(BOX - 600);
    long.sized(TALL - 72);
    expect(long.read(BOX - 600)).toBe(TALL - 72 - 600);
    long.sized(18_000);
    expect(long.read(17_400)).toBe(17_400);
  });
});
