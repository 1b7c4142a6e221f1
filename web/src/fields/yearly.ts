/** Days that come back every year, by the solar calendar or the Chinese lunar one. */

/** A day of the lunar calendar; `leap` where it is in a month that the year has twice. */
export interface LunarDay {
  month: number;
  day: number;
  leap: boolean;
}

const MONTHS = "正二三四五六七八九十冬腊";
const DIGITS = "一二三四五六七八九十";
// Made when a day is first asked for: that alone takes as long as drawing half a screen.
let calendar: Intl.DateTimeFormat | undefined;
const DAY = 86_400_000;

const moment = (day: string): number => Date.parse(`${day.slice(0, 10)}T00:00:00Z`);
const isoDay = (at: number): string => new Date(at).toISOString().slice(0, 10);

function lunarAt(at: number): LunarDay {
  calendar ??= new Intl.DateTimeFormat("en-u-ca-chinese", { timeZone: "UTC", month: "numeric", day: "numeric" });
  const parts = calendar.formatToParts(new Date(at));
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "";
  const month = part("month");
  return { month: Number.parseInt(month, 10), day: Number.parseInt(part("day"), 10), leap: /\D/.test(month) };
}

/** A day (`YYYY-MM-DD`) by the lunar calendar. */
export const lunarDay = (day: string): LunarDay => lunarAt(moment(day));

/** As it is written in Chinese: 闰六月廿三. */
export function lunarWords({ month, day, leap }: LunarDay): string {
  const tens = day === 10 ? "初" : day === 20 ? "二" : day === 30 ? "三" : ["初", "十", "廿"][Math.floor(day / 10)];
  return `${leap ? "闰" : ""}${MONTHS[month - 1]}月${tens}${DIGITS[(day + 9) % 10]}`;
}

/**
 * The next day, today among them, on which what began at `born` comes back. A day that a year does not have is kept on the one
 * before it; those of a month that a year has twice in the month of that number.
 */
export function nextYearly(born: string, lunar: boolean, today: string): string | null {
  const begin = moment(today);
  const wanted = lunar ? lunarDay(born) : null;
  if (!wanted) {
    const [, month = 1, day = 1] = born.split("-").map(Number);
    const years = [0, 1].map((more) => new Date(begin).getUTCFullYear() + more);
    const days = years.map((year) => Math.min(Date.UTC(year, month - 1, day), Date.UTC(year, month, 0)));
    const found = days.find((at) => at >= begin);
    return found === undefined ? null : isoDay(found);
  }
  for (let n = 0; n < 400; n++) {
    const at = begin + n * DAY;
    const here = lunarAt(at);
    if (here.leap || here.month !== wanted.month) continue;
    if (here.day === wanted.day) return isoDay(at);
    if (here.day === wanted.day - 1 && lunarAt(at + DAY).day === 1) return isoDay(at);
  }
  return null;
}
