import { describe, expect, it } from "vitest";
import { edgeOf, findPlan, isoDay, moment, readDay, readMoment, wall } from "./dates";
import { currencyIn, readChinese, readNumber } from "./numbers";
import { readClock } from "./TimeInput";

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

  it.each([
    ["€500", "USD", "EUR"],
    ["500 EUR", "USD", "EUR"],
    ["3.5万美元", "CNY", "USD"],
    ["$500", "CNY", "USD"],
    ["$500", "SGD", "SGD"],
    ["HK$500", "USD", "HKD"],
    ["￥500", "CNY", "CNY"],
    ["¥500", "JPY", "JPY"],
    ["500", "USD", null],
    ["3.5万", "CNY", null],
  ])("%s where the company counts in %s is %s", (text, own, code) => {
    expect(currencyIn(text, own)).toBe(code);
    expect(readNumber(text)).toBeGreaterThanOrEqual(500);
  });

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
    ["三天内", "2026-11-25"],
    ["in two weeks", "2026-12-06"],
    ["within 5 days", "2026-11-27"],
    ["the 25th", "2026-11-25"],
    ["Wednesday", "2026-11-25"],
    ["Thu, 3 Dec", "2026-12-03"],
    ["Thursday, December 3", "2026-12-03"],
    ["周末", "2026-11-28"],
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
    const found = findPlan("周三 10:00 提醒我给何一鸣回电话", zone, now);
    expect(found?.value.toISOString()).toBe("2026-11-25T02:00:00.000Z");
    expect(found?.timed).toBe(true);
    expect(found?.rest).toBe("给何一鸣回电话");
    expect(findPlan("二期报价等恒温间方案", zone, now)).toBeNull();
    expect(findPlan("send quote v3 to 3 people", zone, now)).toBeNull();
  });

  it("goes to a zone and back, over a change of clocks", () => {
    for (const at of ["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-10-25T03:30:00Z"]) {
      const w = wall(new Date(at), "Europe/Berlin");
      expect(moment(w, w, "Europe/Berlin").toISOString()).toBe(new Date(at).toISOString());
    }
  });
});

describe("an hour that no clock shows", () => {
  it("is the one after it, east and west", () => {
    const at = (zone: string, day: number) =>
      moment({ year: 2027, month: 3, day }, { hour: 2, minute: 30 }, zone).toISOString();
    expect(at("America/New_York", 14)).toBe("2027-03-14T07:30:00.000Z");
    expect(at("Europe/Berlin", 28)).toBe("2027-03-28T01:30:00.000Z");
  });
});

describe("times of day", () => {
  it.each([
    ["9", "09:00"],
    ["930", "09:30"],
    ["９：３０", "09:30"],
    ["下午3点半", "15:30"],
    ["3 pm", "15:00"],
    ["25", null],
    ["soon", null],
  ])("%s is %s", (typed, read) => expect(readClock(typed)).toBe(read));
});

describe("a day's edges", () => {
  it("go by the reader's clock", () => {
    expect(edgeOf("2026-11-23", false, "Asia/Shanghai")).toBe("2026-11-22T16:00:00.000Z");
    expect(edgeOf("2026-11-23", true, "Asia/Shanghai")).toBe("2026-11-23T15:59:59.000Z");
  });

  it.each(["", "2026-02-30", null])("“%s” has none", (text) => expect(edgeOf(text, true, "UTC")).toBeUndefined());
});

describe("what is to be done, and when", () => {
  // a Sunday, 14:00 in Shanghai
  const now = new Date("2026-11-22T06:00:00Z");
  it.each([
    ["周三 10:00 提醒我给何一鸣回电话", "11-25 10:00", "给何一鸣回电话", true],
    ["给何一鸣回电话，周三 10:00 提醒我", "11-25 10:00", "给何一鸣回电话", true],
    ["下周三下午3点见顾总", "11-25 15:00", "见顾总", false],
    ["下周三下午三点半 发报价", "11-25 15:30", "发报价", false],
    ["明天发合同", "11-23 09:00", "发合同", false],
    ["明天下午发合同", "11-23 15:00", "发合同", false],
    ["明早提醒我开会", "11-23 09:00", "开会", true],
    ["后天上午十点去厂里", "11-24 10:00", "去厂里", false],
    ["今晚8点半打电话", "11-22 20:30", "打电话", false],
    ["今晚发邮件", "11-22 19:00", "发邮件", false],
    ["半小时后提醒我打回去", "11-22 14:30", "打回去", true],
    ["两个半小时后提醒我", "11-22 16:30", "两个半小时后提醒我", true],
    ["3天内回复", "11-25 09:00", "回复", false],
    ["下周三前把合同发出去", "11-25 09:00", "把合同发出去", false],
    ["月底前开票", "11-30 09:00", "开票", false],
    ["12月1日 9点半 评审", "12-01 09:30", "评审", false],
    ["发报价 10:00", "11-23 10:00", "发报价", false],
    ["发报价 16:45", "11-22 16:45", "发报价", false],
    ["跟周三来过的人再约", "11-25 09:00", "跟周三来过的人再约", false],
    ["remind me Wed 10:00 to call He", "11-25 10:00", "call He", true],
    ["Call He, remind me on Wednesday at 10:00", "11-25 10:00", "Call He", true],
    ["Send the quote tomorrow 10:00", "11-23 10:00", "Send the quote", false],
    ["Send the quote by Friday", "11-27 09:00", "Send the quote", false],
    ["in 3 days send the contract", "11-25 09:00", "send the contract", false],
    ["Follow up in two weeks", "12-06 09:00", "Follow up", false],
    ["call back in 2 hours", "11-22 16:00", "call back", false],
    ["call back in half an hour", "11-22 14:30", "call back", false],
    ["tomorrow at noon lunch with Gu", "11-23 12:00", "lunch with Gu", false],
    ["tomorrow morning visit the plant", "11-23 09:00", "visit the plant", false],
    ["Meet Gu next Wednesday at 3", "11-25 15:00", "Meet Gu", false],
    ["They wait for the plan, remind me in two weeks", "12-06 09:00", "They wait for the plan", true],
    ["他们在等方案，两周后提醒我", "12-06 09:00", "他们在等方案", true],
    ["Meet Gu on Dec 3 at 3:30 pm", "12-03 15:30", "Meet Gu", false],
    ["Ask Wed's team on Friday about it", "11-25 09:00", "Ask Wed's team on Friday about it", false],
  ] as const)("%s", (text, at, rest, reminds) => {
    const plan = findPlan(text, "Asia/Shanghai", now);
    const w = plan && wall(plan.value, "Asia/Shanghai");
    const two = (n: number) => String(n).padStart(2, "0");
    expect(w && `${two(w.month)}-${two(w.day)} ${two(w.hour)}:${two(w.minute)}`).toBe(at);
    expect(plan?.rest).toBe(rest);
    expect(plan?.reminds).toBe(reminds);
  });

  it.each(["二期报价等恒温间方案", "send quote v3 to 3 people", "他们下午一般不在", "Good morning call", "月薪3万"])(
    "%s names no moment",
    (text) => expect(findPlan(text, "Asia/Shanghai", now)).toBeNull(),
  );

  it("keeps the lines below", () => {
    expect(findPlan("明天发合同\n带上附件二", "Asia/Shanghai", now)?.rest).toBe("发合同\n带上附件二");
    expect(findPlan("发合同 明天\n带上附件二", "Asia/Shanghai", now)?.rest).toBe("发合同\n带上附件二");
  });
});
