import { describe, expect, it } from "vitest";
import { lunarDay, lunarWords, nextYearly } from "./yearly";

describe("days that come back", () => {
  it("are written in the words of the lunar calendar", () => {
    const days = ["1988-08-15", "2025-08-16", "2027-02-05", "1990-01-27", "2026-10-19", "2026-10-29", "2026-12-08"];
    expect(days.map((day) => lunarWords(lunarDay(day)))).toEqual([
      "七月初四",
      "闰六月廿三",
      "腊月廿九",
      "正月初一",
      "九月初十",
      "九月二十",
      "十月三十",
    ]);
  });
  it("come next, today among them", () => {
    expect(nextYearly("1988-08-15", false, "2026-08-15")).toBe("2026-08-15");
    expect(nextYearly("1988-08-15", false, "2026-11-30")).toBe("2027-08-15");
    expect(nextYearly("1988-08-15", true, "2026-11-30")).toBe("2027-08-05");
  });
  it("are kept on the day before where a year does not have them", () => {
    expect(nextYearly("2000-02-29", false, "2026-11-30")).toBe("2027-02-28");
    expect(nextYearly("2000-02-29", false, "2027-03-01")).toBe("2028-02-29");
    expect(nextYearly("2024-02-09", true, "2024-12-01")).toBe("2025-01-28"); // the thirtieth, in a year without one
    expect(nextYearly("2025-08-16", true, "2025-09-01")).toBe("2026-08-05"); // of the month that was there twice
  });
});
