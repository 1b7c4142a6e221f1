import { describe, expect, it } from "vitest";
import { findMoment, isoDay, moment, readDay, readMoment, wall } from "./dates";
import { readChinese, readNumber } from "./numbers";

describe("numbers as people write them", () => {
  it.each([
    ["3.5万", 35000],
    ["1.2 亿", 120_000_000],
    ["¥12,345.60", 12345.6],
    ["１２３４", 1234],
    ["4k", 4000],
    ["2.5M", 2_500_000],
    ["(1,200)", -1200],
    ["-8", -8],
    ["3万5", 35000],
    ["三万五千", 35000],
    ["两百", 200],
    ["35", 35],
    ["50%", 50],
    ["100 元", 100],
    ["1.1万", 11000],
    ["三十五万", 350_000],
    [".5", 0.5],
    ["200万元", 2_000_000],
    ["12 thousand", 12000],
  ])("%s is %d", (text, value) => expect(readNumber(text)).toBe(value));

  it.each(["", "abc", "3.5.1", "12x", "万"])("%s is no number", (text) => expect(readNumber(text)).toBeNull());

  it("reads Chinese digits", () => {
    expect(readChinese("三十五")).toBe(35);
    expect(readChinese("十二")).toBe(12);
    expect(readChinese("一百二")).toBe(120);
    expect(readChinese("一百零二")).toBe(102);
  });
});

describe("days as people say them", () => {
  // a Sunday
  const now = { year: 2026, month: 11, day: 22 };
  it.each([
    ["今天", "2026-11-22"],
    ["明天", "2026-11-23"],
    ["后天", "2026-11-24"],
    ["大后天", "2026-11-25"],
    ["昨天", "2026-11-21"],
    ["下周三", "2026-11-25"],
    ["下下周一", "2026-11-30"],
    ["本周五", "2026-11-20"],
    ["周三", "2026-11-25"],
    ["上周一", "2026-11-09"],
    ["星期日", "2026-11-22"],
    ["3天后", "2026-11-25"],
    ["两周后", "2026-12-06"],
    ["一个月后", "2026-12-22"],
    ["月底", "2026-11-30"],
    ["下月初", "2026-12-01"],
    ["下个月5号", "2026-12-05"],
    ["年底", "2026-12-31"],
    ["25号", "2026-11-25"],
    ["5号", "2026-12-05"],
    ["2026年3月5日", "2026-03-05"],
    ["2026/3/5", "2026-03-05"],
    ["20260305", "2026-03-05"],
    ["12月18日", "2026-12-18"],
    ["3月5日", "2027-03-05"],
    ["明年3月5日", "2027-03-05"],
    ["12-18", "2026-12-18"],
    ["today", "2026-11-22"],
    ["tomorrow", "2026-11-23"],
    ["next wednesday", "2026-11-25"],
    ["Fri", "2026-11-27"],
    ["in 3 days", "2026-11-25"],
    ["in a week", "2026-11-29"],
    ["5 Mar 2027", "2027-03-05"],
    ["Dec 18", "2026-12-18"],
    ["March 5, 2027", "2027-03-05"],
    ["+3d", "2026-11-25"],
    ["end of month", "2026-11-30"],
  ])("%s is %s", (text, iso) => {
    const day = readDay(text, now);
    expect(day === null ? null : isoDay(day)).toBe(iso);
  });

  it.each(["2026-02-30", "随便", "v2.5", "3:30", ""])("%s is no day", (text) => expect(readDay(text, now)).toBeNull());
});

describe("moments", () => {
  const zone = "Asia/Shanghai";
  const now = new Date("2026-11-22T06:00:00Z");
  it.each([
    ["明天下午3点", "2026-11-23T07:00:00.000Z"],
    ["下周三 10:00", "2026-11-25T02:00:00.000Z"],
    ["今晚8点半", "2026-11-22T12:30:00.000Z"],
    ["tomorrow 3pm", "2026-11-23T07:00:00.000Z"],
    ["16:45", "2026-11-22T08:45:00.000Z"],
    ["明天", "2026-11-23T01:00:00.000Z"],
    ["半小时后", "2026-11-22T06:30:00.000Z"],
    ["2026-11-23 08:05", "2026-11-23T00:05:00.000Z"],
  ])("%s is %s", (text, iso) => expect(readMoment(text, zone, now)?.toISOString()).toBe(iso));

  it("finds one in a sentence", () => {
    const found = findMoment("周三 10:00 提醒我给何一鸣回电话", zone, now);
    expect(found?.value.toISOString()).toBe("2026-11-25T02:00:00.000Z");
    expect(found?.timed).toBe(true);
    expect(found?.text).toBe("周三 10:00");
    expect(findMoment("二期报价等恒温间方案", zone, now)).toBeNull();
    expect(findMoment("send quote v3 to 3 people", zone, now)).toBeNull();
  });

  it("goes to a zone and back, over a change of clocks", () => {
    for (const at of ["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-10-25T03:30:00Z"]) {
      const w = wall(new Date(at), "Europe/Berlin");
      expect(moment(w, w, "Europe/Berlin").toISOString()).toBe(new Date(at).toISOString());
    }
  });
});
