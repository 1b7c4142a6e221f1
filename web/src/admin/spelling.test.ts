import { expect, test } from "vitest";
import type { Field, ObjectDef } from "../schema/catalog";
import { spelled } from "./spelling";

const field = (name: string, en: string, zh: string, target: string | null = null) =>
  ({ name, label: { en, zh }, target }) as unknown as Field;
const account = {
  name: "account",
  fields: [field("name", "Name", "客户名称"), field("industry", "Industry", "行业")],
} as unknown as ObjectDef;
const deal = {
  name: "opportunity",
  fields: [
    field("name", "Name", "名称"),
    field("amount", "Amount", "金额"),
    field("amount_currency", "Amount currency", "金额币种"),
    field("close_date", "Date", "预计成交日期"),
    {
      ...field("grade", "Grade", "等级"),
      options: [{ name: "strategic", label: { en: "Strategic", zh: "战略" } }],
    } as Field,
    field("account", "Account", "客户", "account"),
  ],
} as unknown as ObjectDef;
const say = (text: string) => spelled(text, deal, (name) => (name === "account" ? account : undefined));

test.each([
  ["金额 * 2", "amount * 2"],
  ["金额×（1－0.1）÷２", "amount*(1-0.1)/2"],
  ["金额币种 & ‘元’", "amount_currency & '元'"],
  ["客户.行业 = “金额”", "account.industry = '金额'"],
  ["客户。客户名称", "account.name"],
  ["if(金额>1，名称，'金额')", "if(amount>1,name,'金额')"],
  ["Amount currency = 'CNY' and Amount > 1", "amount_currency = 'CNY' and amount > 1"],
  ["date(2026, 1, 1) < Date", "date(2026, 1, 1) < close_date"],
  ["account.name & name", "account.name & name"],
  ["if(等级 = '战略', '战略', '其他')", "if(grade = 'strategic', '战略', '其他')"],
  ["等级 <> “Strategic” or 名称 = '战略'", "grade <> 'strategic' or name = '战略'"],
  ["amount * probability / 100", "amount * probability / 100"],
  ["'it is not closed", "'it is not closed"],
  ["不知道 + 1", "不知道 + 1"],
])("%s is %s", (typed, meant) => {
  expect(say(typed)).toBe(meant);
  expect(say(meant)).toBe(meant);
});
