import { describe, expect, it } from "vitest";
import { initials, match } from "./commands";

describe("finding a command", () => {
  it.each([
    ["客户", "kh"],
    ["新建商机", "xjsj"],
    ["回收站", "hsz"],
    ["重要 CRM 客户", "zycrmkh"],
  ])("%s begins with %s", (text, letters) => expect(initials(text)).toBe(letters));

  it.each<[string, string, number | null]>([
    ["Contacts", "cont", 0],
    ["New contact", "contact", 1],
    ["New price list", "npl", 2],
    ["新建商机", "新建", 0],
    ["新建商机", "xjs", 1],
    ["新建商机", "sj", 2],
    ["Contacts", "xyz", null],
    ["设置", "kh", null],
  ])("%s by %s", (name, q, score) => expect(match(name, q)).toBe(score));
});
